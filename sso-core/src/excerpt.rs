//! How much of a stranger's text an error carries.

/// The beginning of `text`: enough to find it, too little to flood a log. `…` stands for the rest.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

const MAX_CHARS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_stays_whole() {
        let longest = "長".repeat(MAX_CHARS);
        assert_eq!(excerpt(&longest), longest);
        assert_eq!(excerpt(""), "");
    }

    #[test]
    fn a_long_text_is_cut_visibly() {
        let cut = excerpt(&"長".repeat(500));
        assert_eq!(cut.chars().count(), MAX_CHARS + 1);
        assert!(cut.ends_with('…'));
    }
}
