//! A place in the text that is being parsed.

/// A place in a text; it only moves forward.
#[derive(Debug)]
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

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Whether `expected` follows.
    pub(super) fn sees(&self, expected: &str) -> bool {
        self.rest().starts_with(expected.as_bytes())
    }

    /// Moves behind `expected` if it follows, and tells whether it did.
    pub(super) fn eat(&mut self, expected: &str) -> bool {
        let found = self.sees(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Moves behind the next byte, which must be a whole character, and tells whether there was one.
    pub(super) fn eat_byte(&mut self) -> bool {
        let found = !self.is_at_end();
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
