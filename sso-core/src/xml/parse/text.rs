//! Text, references and attribute values.

use std::borrow::Cow;

use super::Parser;
use crate::xml::XmlError;
use crate::xml::characters::{is_allowed, is_name_byte};
use crate::xml::tree::Content;

/// The two marks that may enclose a value.
#[derive(Clone, Copy)]
pub(super) enum Quote {
    Double,
    Single,
}

impl Quote {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Double => "\"",
            Self::Single => "'",
        }
    }

    const fn byte(self) -> u8 {
        match self {
            Self::Double => b'"',
            Self::Single => b'\'',
        }
    }
}

impl<'a> Parser<'a, '_> {
    /// Text up to the next markup.
    pub(super) fn characters(&mut self) -> Result<(), XmlError> {
        loop {
            let run = self.cursor.take_long(stands_for_itself);
            self.push_text(run);
            match self.cursor.peek() {
                Some(b'&') => {
                    let character = self.reference()?;
                    self.push_character(character);
                }
                Some(b'\r') => self.line_end(),
                Some(b']') if self.cursor.sees("]]>") => {
                    return Err(self.malformed("\"]]>\" in text"));
                }
                Some(b']') => {
                    self.cursor.eat_byte(b']');
                    self.push_character(']');
                }
                _ => return Ok(()),
            }
        }
    }

    /// The rest of a `CDATA` section, which is text like any other.
    pub(super) fn character_data(&mut self) -> Result<(), XmlError> {
        let Some(mut text) = self.cursor.take_through("]]>") else {
            return Err(self.malformed("a CDATA section without end"));
        };
        while let Some((line, rest)) = text.split_once('\r') {
            self.push_text(line);
            self.push_character('\n');
            text = rest.strip_prefix('\n').unwrap_or(rest);
        }
        self.push_text(text);
        Ok(())
    }

    /// `\r\n` and `\r` are read as `\n` (XML 1.0, 2.11).
    fn line_end(&mut self) {
        self.cursor.eat_byte(b'\r');
        self.cursor.eat_byte(b'\n');
        self.push_character('\n');
    }

    /// A reference to a character, or to one of the five entities that XML predefines.
    fn reference(&mut self) -> Result<char, XmlError> {
        self.cursor.eat_byte(b'&');
        if self.cursor.eat("#x") {
            return self.character_reference(16);
        }
        if self.cursor.eat("#") {
            return self.character_reference(10);
        }
        let character = match self.cursor.take_while(is_name_byte) {
            "amp" => '&',
            "apos" => '\'',
            "gt" => '>',
            "lt" => '<',
            "quot" => '"',
            _ => return Err(self.malformed("an entity that XML does not predefine")),
        };
        self.expect(";", "a reference without semicolon")?;
        Ok(character)
    }

    fn character_reference(&mut self, radix: u32) -> Result<char, XmlError> {
        let digits = self
            .cursor
            .take_while(|byte| char::from(byte).is_digit(radix));
        // Digits only: `from_str_radix` alone would take a sign.
        let number = u32::from_str_radix(digits, radix).ok();
        let Some(character) = number.and_then(char::from_u32).filter(|it| is_allowed(*it)) else {
            return Err(self.malformed("a reference to no character"));
        };
        self.expect(";", "a reference without semicolon")?;
        Ok(character)
    }

    pub(super) fn quote(&mut self) -> Result<Quote, XmlError> {
        [Quote::Double, Quote::Single]
            .into_iter()
            .find(|quote| self.cursor.eat_byte(quote.byte()))
            .ok_or_else(|| self.malformed("expected a quotation mark"))
    }

    pub(super) fn equals_sign(&mut self) -> Result<(), XmlError> {
        self.skip_space();
        if !self.cursor.eat_byte(b'=') {
            return Err(self.malformed("expected \"=\""));
        }
        self.skip_space();
        Ok(())
    }

    /// A value with its quotation marks, normalized as `CDATA` (XML 1.0, 3.3.3): white space
    /// becomes spaces unless it is written as a reference.
    pub(super) fn attribute_value(&mut self) -> Result<Cow<'a, str>, XmlError> {
        let quote = self.quote()?;
        let mut value = Cow::Borrowed(self.value_run(quote));
        loop {
            match self.cursor.peek() {
                Some(byte) if byte == quote.byte() => {
                    self.cursor.eat_byte(quote.byte());
                    return Ok(value);
                }
                Some(b'&') => value.to_mut().push(self.reference()?),
                Some(b'\r' | b'\n' | b'\t') => {
                    self.line_end_or_tab();
                    value.to_mut().push(' ');
                }
                Some(_) => return Err(self.malformed("\"<\" in an attribute")),
                None => return Err(self.malformed("unexpected end")),
            }
            value.to_mut().push_str(self.value_run(quote));
        }
    }

    /// Characters of a value that stand for themselves.
    fn value_run(&mut self, quote: Quote) -> &'a str {
        let end = quote.byte();
        // Without branches, as vector code needs it.
        self.cursor.take_long(|byte| {
            (byte != end)
                & (byte != b'<')
                & (byte != b'&')
                & (byte != b'\r')
                & (byte != b'\n')
                & (byte != b'\t')
        })
    }

    /// Moves behind white space that is one space in a value.
    fn line_end_or_tab(&mut self) {
        let is_return = self.cursor.eat_byte(b'\r');
        if !self.cursor.eat_byte(b'\n') && !is_return {
            self.cursor.eat_byte(b'\t');
        }
    }

    fn push_text(&mut self, run: &'a str) {
        if run.is_empty() {
            return;
        }
        match &mut self.text {
            Some(text) => text.to_mut().push_str(run),
            None => self.text = Some(Cow::Borrowed(run)),
        }
    }

    fn push_character(&mut self, character: char) {
        self.text.get_or_insert_default().to_mut().push(character);
    }

    /// Ends the text in front of a tag.
    pub(super) fn flush_text(&mut self) -> Result<(), XmlError> {
        if let Some(text) = self.text.take() {
            self.push_node(Content::Text(text))?;
        }
        Ok(())
    }
}

/// Whether `byte` is nothing special in text. Without branches, as vector code needs it.
const fn stands_for_itself(byte: u8) -> bool {
    (byte != b'<') & (byte != b'&') & (byte != b'\r') & (byte != b']')
}
