//! A place in the text that is being parsed.

/// A place in a text; it only moves forward.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The beginning of `text`.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Bytes before this place.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Whether nothing follows.
    pub(super) const fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The byte behind the next one.
    pub(super) fn peek_second(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at + 1).copied()
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Whether `expected` follows.
    #[inline]
    pub(super) fn sees(&self, expected: &str) -> bool {
        self.rest().starts_with(expected.as_bytes())
    }

    /// Moves behind `expected` if it follows, and tells whether it did.
    #[inline]
    pub(super) fn eat(&mut self, expected: &str) -> bool {
        let found = self.sees(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Moves behind `expected`, an ASCII character, if it follows, and tells whether it did.
    pub(super) fn eat_byte(&mut self, expected: u8) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    /// Takes bytes as long as `wanted` holds.
    ///
    /// `wanted` must treat all bytes of a longer character alike, so that none is torn apart.
    pub(super) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest
            .iter()
            .position(|&byte| !wanted(byte))
            .unwrap_or(rest.len());
        self.take(length)
    }

    /// As [`take_while`](Self::take_while), faster if what is wanted is long.
    pub(super) fn take_long(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let length = length_while(self.rest(), wanted);
        self.take(length)
    }

    /// Takes what stands before the next `end`, and moves behind that.
    pub(super) fn take_through(&mut self, end: &str) -> Option<&'a str> {
        let length = self.text.get(self.at..)?.find(end)?;
        let taken = self.take(length);
        self.at += end.len();
        Some(taken)
    }

    fn take(&mut self, length: usize) -> &'a str {
        let taken = self.text.get(self.at..self.at + length).unwrap_or_default();
        self.at += length;
        taken
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// How many bytes at the beginning of `bytes` are `wanted`.
///
/// Block by block, which the compiler turns into vector code if `wanted` has no branches: made for
/// long texts.
pub(super) fn length_while(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    let (blocks, _) = bytes.as_chunks::<BLOCK_BYTES>();
    let is_wanted =
        |block: &&[u8; BLOCK_BYTES]| block.iter().fold(true, |all, &byte| all & wanted(byte));
    let skipped = BLOCK_BYTES * blocks.iter().take_while(is_wanted).count();
    let rest = bytes.get(skipped..).unwrap_or_default();
    skipped
        + rest
            .iter()
            .position(|&byte| !wanted(byte))
            .unwrap_or(rest.len())
}

/// The width of a vector register on every machine that we are built for.
const BLOCK_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_right_on_both_sides_of_every_block_boundary() {
        for length in 0..=3 * BLOCK_BYTES {
            let text = "x".repeat(length);
            let is_wanted = |byte| byte == b'x';
            assert_eq!(length_while(text.as_bytes(), is_wanted), length);
            assert_eq!(
                length_while(format!("{text}!xx").as_bytes(), is_wanted),
                length
            );
            assert_eq!(
                length_while(format!("{text}!{text}").as_bytes(), is_wanted),
                length
            );
        }
    }

    #[test]
    fn a_cursor_moves_behind_what_it_takes() {
        let mut cursor = Cursor::new("ab<c>end");
        assert_eq!(cursor.take_while(|byte| byte != b'<'), "ab");
        assert!(cursor.sees("<c") && !cursor.sees("<d"));
        assert!(cursor.eat("<") && !cursor.eat("<"));
        assert_eq!(cursor.take_through(">"), Some("c"));
        assert_eq!(cursor.take_through(">"), None);
        assert_eq!((cursor.at(), cursor.peek()), (5, Some(b'e')));
        assert_eq!(cursor.take_long(|_| true), "end");
        assert!(cursor.is_at_end() && !cursor.eat_byte(b'd'));
    }
}
