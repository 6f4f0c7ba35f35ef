//! Keys and certificates that follow one another: the one in use, and the next in waiting.

use super::document::{KeyPairDocument, SharedConfigDocument};
use crate::cert::{Purpose, When};
use crate::saml::encryption::MAX_DECRYPTION_KEYS;

impl SharedConfigDocument {
    /// The key and certificate that are in use for `purpose`.
    #[must_use]
    pub fn key_in_use(&self, purpose: Purpose) -> Option<&KeyPairDocument> {
        match purpose {
            Purpose::SamlDecryption => self.keys.decryption.first(),
            Purpose::SamlSigning => self.keys.signing.as_ref(),
            Purpose::Tls => self.tls.as_ref(),
        }
    }

    /// Those that wait.
    #[must_use]
    pub const fn next_key(&self, purpose: Purpose) -> Option<&KeyPairDocument> {
        match purpose {
            Purpose::SamlDecryption => self.keys.next_decryption.as_ref(),
            Purpose::SamlSigning => self.keys.next_signing.as_ref(),
            Purpose::Tls => self.next_tls.as_ref(),
        }
    }

    /// Puts a key and its certificate in use, or lets them wait.
    ///
    /// A decryption key that was in use decrypts on behind the new one, since identity providers
    /// learn of a change late, and is dropped with the fourth that comes after it: more keys are
    /// never tried. A next signing certificate is published at once, a next decryption key decrypts at
    /// once.
    pub fn put_key(&mut self, purpose: Purpose, when: When, pair: KeyPairDocument) {
        match (purpose, when) {
            (Purpose::SamlDecryption, When::Now) => self.decrypt_with(pair),
            (Purpose::SamlSigning, When::Now) => self.keys.signing = Some(pair),
            (Purpose::Tls, When::Now) => self.tls = Some(pair),
            (Purpose::SamlDecryption, When::Later) => self.keys.next_decryption = Some(pair),
            (Purpose::SamlSigning, When::Later) => self.keys.next_signing = Some(pair),
            (Purpose::Tls, When::Later) => self.next_tls = Some(pair),
        }
    }

    /// Puts those in use that wait for `purpose`; tells whether there were any.
    pub fn activate_next_key(&mut self, purpose: Purpose) -> bool {
        let next = match purpose {
            Purpose::SamlDecryption => self.keys.next_decryption.take(),
            Purpose::SamlSigning => self.keys.next_signing.take(),
            Purpose::Tls => self.next_tls.take(),
        };
        match next {
            Some(pair) => {
                self.put_key(purpose, When::Now, pair);
                true
            }
            None => false,
        }
    }

    fn decrypt_with(&mut self, pair: KeyPairDocument) {
        let keys = &mut self.keys.decryption;
        keys.retain(|other| other.certificate != pair.certificate);
        keys.insert(0, pair);
        keys.truncate(MAX_DECRYPTION_KEYS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Fields;

    #[test]
    fn the_next_key_takes_the_place_of_the_one_in_use() {
        for purpose in [Purpose::Tls, Purpose::SamlSigning, Purpose::SamlDecryption] {
            let mut document = SharedConfigDocument::new("https://sso.example.com");
            assert!(!document.activate_next_key(purpose));
            document.put_key(purpose, When::Now, pair("a"));
            document.put_key(purpose, When::Later, pair("b"));
            assert_eq!(document.key_in_use(purpose), Some(&pair("a")));
            assert_eq!(document.next_key(purpose), Some(&pair("b")));
            assert!(document.activate_next_key(purpose));
            assert_eq!(document.key_in_use(purpose), Some(&pair("b")));
            assert_eq!(document.next_key(purpose), None);
        }
    }

    #[test]
    fn a_decryption_key_decrypts_on_behind_its_successor() {
        let mut document = SharedConfigDocument::new("https://sso.example.com");
        for name in ["a", "b", "b", "c", "d"] {
            document.put_key(Purpose::SamlDecryption, When::Now, pair(name));
        }
        assert_eq!(document.keys.decryption, ["d", "c", "b", "a"].map(pair));
        document.put_key(Purpose::SamlDecryption, When::Now, pair("e"));
        assert_eq!(document.keys.decryption, ["e", "d", "c", "b"].map(pair));
    }

    /// Who comes first is told by the number, and what was there keeps its own.
    #[test]
    fn the_order_of_decryption_keys_survives_in_paths() {
        let mut document = SharedConfigDocument::new("https://sso.example.com");
        let mut fields = Fields::of(&document).unwrap();
        for name in ["a", "b", "c", "d", "e", "f", "g"] {
            document.put_key(Purpose::SamlDecryption, When::Now, pair(name));
            fields.apply(&document).unwrap();
            assert_eq!(fields.document().unwrap(), document);
        }
    }

    fn pair(name: &str) -> KeyPairDocument {
        KeyPairDocument::new(name, "key")
    }
}
