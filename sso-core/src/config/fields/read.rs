//! From fields to the document, and what has no place in one.

use std::collections::BTreeSet;

use super::kind::read_list;
use super::{
    DECRYPTION, Fields, METADATA, ORDER, PROVIDERS, numbering, provider_of, provider_path, setting,
};
use crate::UnixTime;
use crate::config::document::{
    AcmeDocument, AttributesDocument, DangerousDocument, IdentityProviderDocument, KeyPairDocument,
    KeysDocument, RequestedContextDocument, SharedConfigDocument,
};
use crate::config::{NoPrivateKeys, PrivateKeys, Problem, Problems, SharedConfig};

impl Fields {
    /// The document that these fields say.
    ///
    /// # Errors
    ///
    /// [`Problems`] if a value is none of its setting, or if something is there by halves: a key
    /// without its certificate, or settings of an identity provider that has no metadata, because
    /// one administrator removed it while another one changed it.
    pub fn document(&self) -> Result<SharedConfigDocument, Problems> {
        let mut reader = Reader {
            fields: self,
            problems: Vec::new(),
        };
        let document = reader.document();
        match reader.problems.is_empty() {
            true => Ok(document),
            false => Err(Problems::new(reader.problems)),
        }
    }

    /// Checks everything: that there is a document, that it fits into a statement, and that it is a
    /// configuration that works.
    ///
    /// # Errors
    ///
    /// [`Problems`]: everything that must be mended, not only the first.
    pub fn check(&self, now: UnixTime) -> Result<SharedConfig, Problems> {
        self.check_with_keys(now, &NoPrivateKeys)
    }

    /// The same on a machine that holds `private` keys of its own.
    ///
    /// # Errors
    ///
    /// As for [`check`](Self::check).
    pub fn check_with_keys(
        &self,
        now: UnixTime,
        private: &dyn PrivateKeys,
    ) -> Result<SharedConfig, Problems> {
        let document = self.document()?;
        self.check_size().map_err(|it| Problems::new(vec![it]))?;
        document.check_with_keys(now, private)
    }

    /// The providers of which anything is there, in their order.
    pub(super) fn providers(&self) -> Vec<ProviderEntry<'_>> {
        let paths = self.0.keys().filter_map(|path| provider_of(path));
        let names: BTreeSet<&str> = paths.map(|(name, _)| name).collect();
        let entries = names.into_iter().map(|name| ProviderEntry {
            name,
            order: self
                .value(&provider_path(name, ORDER))
                .and_then(numbering::parse),
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|entry| (entry.order.is_none(), entry.order, entry.name));
        entries
    }

    /// The numbers of the decryption keys of which anything is there, ascending.
    pub(super) fn decryption_numbers(&self) -> BTreeSet<u32> {
        let below = self.0.keys().filter_map(|path| {
            let rest = path.strip_prefix(DECRYPTION)?.strip_prefix('.')?;
            numbering::parse(rest.split('.').next()?)
        });
        below.collect()
    }
}

/// A provider, and where it stands among the others.
pub(super) struct ProviderEntry<'a> {
    /// Its name, unchecked.
    pub(super) name: &'a str,
    /// Those without come last, by name.
    pub(super) order: Option<u32>,
}

struct Reader<'a> {
    fields: &'a Fields,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn document(&mut self) -> SharedConfigDocument {
        SharedConfigDocument {
            base_url: self.text("base_url").unwrap_or_default(),
            entity_id: self.text("entity_id"),
            former_base_urls: self.list("former_base_urls"),
            former_entity_id: self.text("former_entity_id"),
            destinations: self.list("destinations"),
            home: self.text("home"),
            session_lifetime: self.text("session_lifetime"),
            keys: self.keys(),
            tls: self.pair("tls"),
            former_tls: self.pair("former_tls"),
            next_tls: self.pair("next_tls"),
            acme: self.acme(),
            identity_providers: self.providers(),
        }
    }

    /// Without a directory the rest means nothing: the check says so.
    fn acme(&self) -> Option<AcmeDocument> {
        self.fields.get("acme").next()?;
        Some(AcmeDocument {
            directory: self.text("acme.directory").unwrap_or_default(),
            contact: self.text("acme.contact"),
            challenge: self.text("acme.challenge"),
            ca: self.text("acme.ca"),
        })
    }

    fn keys(&mut self) -> KeysDocument {
        let numbers = self.fields.decryption_numbers().into_iter();
        KeysDocument {
            signing: self.pair("keys.signing"),
            next_signing: self.pair("keys.next_signing"),
            next_signing_certificates: self.list("keys.next_signing_certificates"),
            decryption: numbers
                .filter_map(|number| self.pair(&format!("{DECRYPTION}.{number}")))
                .collect(),
            next_decryption: self.pair("keys.next_decryption"),
        }
    }

    fn pair(&mut self, path: &str) -> Option<KeyPairDocument> {
        let [certificate, key] = ["certificate", "key"].map(|half| format!("{path}.{half}"));
        match (self.fields.value(&certificate), self.fields.value(&key)) {
            (Some(certificate), Some(key)) => Some(KeyPairDocument::new(certificate, key)),
            (Some(certificate), None) => Some(KeyPairDocument::certificate_alone(certificate)),
            (None, Some(_)) => self.half(path, "a key without its certificate"),
            (None, None) => None,
        }
    }

    fn half<T>(&mut self, path: &str, found: &str) -> Option<T> {
        let fix = format!("Set the other one too, or unset {path}.");
        let problem = Problem::new(path, found, "a private key and its certificate", fix);
        self.problems.push(problem);
        None
    }

    fn providers(&mut self) -> Vec<IdentityProviderDocument> {
        let providers = self.fields.providers().into_iter();
        providers
            .filter_map(|entry| self.provider(entry.name))
            .collect()
    }

    fn provider(&mut self, name: &str) -> Option<IdentityProviderDocument> {
        let at = |setting: &str| provider_path(name, setting);
        let metadata_path = at(METADATA);
        if setting::find(&metadata_path).is_none() {
            return self.bad_name(name);
        }
        let Some(metadata) = self.text(&metadata_path) else {
            return self.half_provider(name);
        };
        self.order(&at(ORDER));
        Some(IdentityProviderDocument {
            name: name.to_owned(),
            metadata,
            entity_id: self.text(&at("entity_id")),
            enabled: self.switch(&at("enabled")),
            signed_part: self.text(&at("signed_part")),
            encryption_required: self.switch(&at("encryption_required")),
            clock_skew: self.text(&at("clock_skew")),
            max_assertion_age: self.text(&at("max_assertion_age")),
            audiences: self.list(&at("audiences")),
            request_binding: self.text(&at("request_binding")),
            sign_requests: self.switch(&at("sign_requests")),
            force_authn: self.switch(&at("force_authn")),
            requested_context: self.requested_context(&at("requested_context")),
            name_id_format: self.text(&at("name_id_format")),
            subject: self.text(&at("subject")),
            attributes: self.attributes(&at("attributes")),
            provisioning: self.text(&at("provisioning")),
            dangerous: self.dangerous(&at("dangerous")),
        })
    }

    fn bad_name<T>(&mut self, name: &str) -> Option<T> {
        let setting = format!("{PROVIDERS}.{name}");
        let expected = "a name of 1 to 32 of a-z, 0-9 and -";
        let problem = Problem::new(setting, format!("{name:?}"), expected, "Unset it.");
        self.problems.push(problem);
        None
    }

    fn half_provider<T>(&mut self, name: &str) -> Option<T> {
        let path = format!("{PROVIDERS}.{name}");
        let there = self.fields.get(&path).map(|(path, _)| path.to_owned());
        let found = format!("{} without metadata", there.collect::<Vec<_>>().join(", "));
        let fix = format!("Unset {path} if it was removed, or set its metadata.");
        let problem = Problem::new(&path, found, "all of an identity provider", fix);
        self.problems.push(problem);
        None
    }

    fn order(&mut self, path: &str) {
        if let Some(found) = self.fields.value(path)
            && numbering::parse(found).is_none()
        {
            self.refused(path, found);
        }
    }

    fn requested_context(&mut self, path: &str) -> Option<RequestedContextDocument> {
        self.fields.get(path).next()?;
        Some(RequestedContextDocument {
            comparison: self.text(&format!("{path}.comparison")),
            classes: self.list(&format!("{path}.classes")),
        })
    }

    fn attributes(&self, path: &str) -> AttributesDocument {
        AttributesDocument {
            first: self.text(&format!("{path}.first")),
            last: self.text(&format!("{path}.last")),
            email: self.text(&format!("{path}.email")),
            groups: self.text(&format!("{path}.groups")),
        }
    }

    fn dangerous(&mut self, path: &str) -> DangerousDocument {
        let mut exception = |name: &str| self.switch(&format!("{path}.{name}")).unwrap_or_default();
        DangerousDocument {
            accept_sha1: exception("accept_sha1"),
            accept_cbc_encryption: exception("accept_cbc_encryption"),
            accept_unsolicited_responses: exception("accept_unsolicited_responses"),
        }
    }

    fn text(&self, path: &str) -> Option<String> {
        self.fields.value(path).map(str::to_owned)
    }

    fn list(&mut self, path: &str) -> Vec<String> {
        let Some(found) = self.fields.value(path) else {
            return Vec::new();
        };
        read_list(found).unwrap_or_else(|| {
            self.refused(path, found);
            Vec::new()
        })
    }

    fn switch(&mut self, path: &str) -> Option<bool> {
        match self.fields.value(path)? {
            "true" => Some(true),
            "false" => Some(false),
            found => {
                self.refused(path, found);
                None
            }
        }
    }

    fn refused(&mut self, path: &str, found: &str) {
        let kind = setting::find(path).map(super::Setting::kind);
        self.problems.extend(kind.map(|it| it.refused(path, found)));
    }
}
