//! Which characters XML 1.0 (fifth edition) allows where.

/// Whether `text` is a name without colon (Namespaces in XML 1.0, production `NCName`).
#[must_use]
pub fn is_ncname(text: &str) -> bool {
    text.bytes().all(is_name_byte) && is_ncname_of_name_bytes(text)
}

/// As [`is_ncname`], of a text whose bytes all are [name bytes](is_name_byte).
pub(super) fn is_ncname_of_name_bytes(text: &str) -> bool {
    if text.is_ascii() {
        return text
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    }
    let mut characters = text.chars();
    characters.next().is_some_and(is_name_start) && characters.all(is_name_character)
}

/// Whether XML can hold `character` at all (XML 1.0, production `Char`).
pub(super) const fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether all of `text` is allowed.
pub(super) fn are_allowed(text: &str) -> bool {
    // Without early exit, so that the compiler makes vector code of it.
    let (control, maybe_noncharacter) =
        text.bytes().fold((false, false), |(control, lead), byte| {
            (
                control | is_control(byte),
                lead | (byte == NONCHARACTER_LEAD),
            )
        });
    !control && (!maybe_noncharacter || text.chars().all(is_allowed))
}

/// Whether `byte` may be part of a name; bytes of longer characters need another look.
pub(super) fn is_name_byte(byte: u8) -> bool {
    NAME_BYTES
        .get(usize::from(byte))
        .copied()
        .unwrap_or_default()
}

/// White space (XML 1.0, production `S`).
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Production `NameStartChar`, without the colon.
const fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// Production `NameChar`, without the colon.
const fn is_name_character(character: char) -> bool {
    is_name_start(character)
        || matches!(character,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Without a branch, as vector code needs it.
const fn is_control(byte: u8) -> bool {
    (byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')
}

/// A table, since names are short and many.
static NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    loop {
        let is_name =
            matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | 0x80..);
        #[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
        {
            table[byte as usize] = is_name;
        }
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

/// The first byte of U+F000 to U+FFFF, among them the two noncharacters that XML forbids.
const NONCHARACTER_LEAD: u8 = 0xEF;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_fifth_edition() {
        for name in ["a", "_", "a-b.c_d9", "é", "日本", "a\u{B7}", "\u{EFFFF}"] {
            assert!(is_ncname(name), "{name:?}");
        }
        for name in [
            "",
            "9a",
            "-a",
            ".a",
            "a:b",
            "a b",
            "a\u{D7}",
            "\u{B7}a",
            "\u{F0000}",
            "a\0",
            "a'",
        ] {
            assert!(!is_ncname(name), "{name:?}");
        }
    }

    #[test]
    fn text_is_allowed_up_to_each_boundary_of_the_production() {
        for text in [
            "",
            "\t\n\r ",
            "\u{7F}\u{85}",
            "\u{D7FF}\u{E000}\u{FFFD}",
            "\u{10000}\u{10FFFF}",
        ] {
            assert!(are_allowed(text), "{text:?}");
        }
        for text in [
            "\0", "\u{8}", "\u{B}", "\u{C}", "\u{E}", "\u{1F}", "\u{FFFE}", "\u{FFFF}",
        ] {
            assert!(!are_allowed(&format!("a{text}b")), "{text:?}");
        }
    }
}
