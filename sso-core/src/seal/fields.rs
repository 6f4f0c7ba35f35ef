//! The inside of a sealed token: a version byte, then fields in a fixed order.
//!
//! Numbers are eight big-endian bytes, moments are nanoseconds since 1970 (until the year 2554),
//! texts stand behind their length as four bytes. A token is read by
//! the same code that wrote it, so nothing describes itself; another layout gets another version.

use std::time::Duration;

use crate::UnixTime;

/// Writes the fields of a sealed token.
#[derive(Debug)]
pub(crate) struct FieldWriter(Vec<u8>);

impl FieldWriter {
    /// Starts a token of this layout version.
    pub(crate) fn new(version: u8) -> Self {
        Self(vec![version])
    }

    /// Adds a number.
    pub(crate) fn number(mut self, value: u64) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Adds a moment; one beyond the year 2554 becomes the last that fits.
    pub(crate) fn moment(self, value: UnixTime) -> Self {
        self.number(u64::try_from(value.since_epoch().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Adds a yes or no.
    pub(crate) fn flag(mut self, value: bool) -> Self {
        self.0.push(u8::from(value));
        self
    }

    /// Adds a text.
    pub(crate) fn text(mut self, value: &str) -> Self {
        // Tokens are limited to a cookie's 4 KiB; a longer text yields one that does not open.
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.0.extend(length.to_be_bytes());
        self.0.extend(value.as_bytes());
        self
    }

    /// Adds a text that may be absent.
    pub(crate) fn optional(self, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.flag(true).text(value),
            None => self.flag(false),
        }
    }

    /// The finished bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what [`FieldWriter`] wrote; every method answers `None` at the first oddity.
#[derive(Debug)]
pub(crate) struct FieldReader<'a>(&'a [u8]);

impl<'a> FieldReader<'a> {
    /// Reads a token if it has this layout version.
    pub(crate) fn new(version: u8, bytes: &'a [u8]) -> Option<Self> {
        let (&found, rest) = bytes.split_first()?;
        (found == version).then_some(Self(rest))
    }

    /// Takes a number.
    pub(crate) fn number(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*bytes))
    }

    /// Takes a moment.
    pub(crate) fn moment(&mut self) -> Option<UnixTime> {
        self.number()
            .map(Duration::from_nanos)
            .map(UnixTime::from_epoch)
    }

    /// Takes a yes or no.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        match byte {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// Takes a text.
    pub(crate) fn text(&mut self) -> Option<String> {
        let (length, rest) = self.0.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (text, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }

    /// Takes a text that may be absent.
    pub(crate) fn optional(&mut self) -> Option<Option<String>> {
        if self.flag()? {
            self.text().map(Some)
        } else {
            Some(None)
        }
    }

    /// `value`, if everything has been read.
    pub(crate) fn finish<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_written() {
        let mut reader = FieldReader::new(1, BYTES).unwrap();
        assert_eq!(reader.number(), Some(7));
        assert_eq!(reader.flag(), Some(true));
        assert_eq!(reader.text().as_deref(), Some("ü"));
        assert_eq!(reader.optional(), Some(None));
        assert_eq!(reader.finish(()), Some(()));
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let written = FieldWriter::new(1)
            .number(7)
            .flag(true)
            .text("ü")
            .optional(None)
            .finish();
        assert_eq!(written, BYTES);
    }

    #[test]
    fn refuses_another_version_a_cut_and_a_surplus() {
        assert!(FieldReader::new(2, BYTES).is_none());
        assert!(FieldReader::new(1, &[]).is_none());
        assert_eq!(FieldReader::new(1, &BYTES[..8]).unwrap().number(), None);
        assert_eq!(
            FieldReader::new(1, &[1, 0, 0, 0, 9, b'x']).unwrap().text(),
            None
        );
        assert_eq!(FieldReader::new(1, &[1, 2]).unwrap().flag(), None);
        assert_eq!(FieldReader::new(1, BYTES).unwrap().finish(()), None);
    }

    const BYTES: &[u8] = &[1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0, 0, 2, 0xc3, 0xbc, 0];
}
