//! From the document to fields.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::kind::write_list;
use super::{DECRYPTION, Fields, METADATA, ORDER, PROVIDERS, numbering, setting};
use crate::config::document::{
    AcmeDocument, AttributesDocument, DangerousDocument, IdentityProviderDocument, KeyPairDocument,
    KeysDocument, RequestedContextDocument, SharedConfigDocument,
};
use crate::config::{IdpName, Problem, Problems};

impl Fields {
    /// The fields of a document.
    ///
    /// # Errors
    ///
    /// [`Problems`] if identity providers have no name that can stand in a path, or share one.
    pub fn of(document: &SharedConfigDocument) -> Result<Self, Problems> {
        let mut fields = Self::new();
        fields.apply(document)?;
        Ok(fields)
    }

    /// Makes these the fields of `document`. What the document cannot say is kept: paths that are
    /// unknown, unless they belong to a provider or key that it has no more, and the numbers that
    /// keep the order.
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of); nothing is changed then.
    pub fn apply(&mut self, document: &SharedConfigDocument) -> Result<(), Problems> {
        check_names(&document.identity_providers)?;
        let mut writer = Writer::default();
        writer.document(document, self);
        let Writer { fields, groups } = writer;
        self.0.retain(|path, _| {
            setting::find(path).is_none() && group(path).is_none_or(|it| groups.contains(it))
        });
        self.0.extend(fields.0);
        Ok(())
    }
}

/// The provider or decryption key that `path` belongs to, as a path.
fn group(path: &str) -> Option<&str> {
    [PROVIDERS, DECRYPTION].iter().find_map(|top| {
        let rest = path.strip_prefix(top)?.strip_prefix('.')?;
        let name = rest.split('.').next().unwrap_or(rest);
        path.get(..top.len() + 1 + name.len())
    })
}

fn check_names(providers: &[IdentityProviderDocument]) -> Result<(), Problems> {
    let mut seen = BTreeSet::new();
    let problems: Vec<_> = providers
        .iter()
        .enumerate()
        .filter_map(|(index, provider)| {
            let name = provider.name.as_str();
            let fits = IdpName::new(name).is_ok() && seen.insert(name);
            (!fits).then(|| bad_name(index, name))
        })
        .collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Problems::new(problems)),
    }
}

fn bad_name(index: usize, name: &str) -> Problem {
    let expected = "1 to 32 of a-z, 0-9 and -, every name once";
    let setting = format!("identity_providers[{index}].name");
    Problem::new(setting, format!("{name:?}"), expected, "Rename it.")
}

/// Collects the fields of a document.
#[derive(Default)]
struct Writer {
    fields: Fields,
    /// Paths of the providers and decryption keys that there are.
    groups: BTreeSet<String>,
}

impl Writer {
    fn document(&mut self, document: &SharedConfigDocument, old: &Fields) {
        let SharedConfigDocument {
            base_url,
            entity_id,
            former_base_urls,
            former_entity_id,
            destinations,
            home,
            session_lifetime,
            keys,
            tls,
            former_tls,
            next_tls,
            acme,
            identity_providers,
        } = document;
        self.text("base_url", base_url);
        self.optional("entity_id", entity_id.as_deref());
        self.list("former_base_urls", former_base_urls);
        self.optional("former_entity_id", former_entity_id.as_deref());
        self.list("destinations", destinations);
        self.optional("home", home.as_deref());
        self.optional("session_lifetime", session_lifetime.as_deref());
        self.keys(keys, old);
        self.optional_pair("tls", tls.as_ref());
        self.optional_pair("former_tls", former_tls.as_ref());
        self.optional_pair("next_tls", next_tls.as_ref());
        self.acme(acme.as_ref());
        self.providers(identity_providers, old);
    }

    fn acme(&mut self, acme: Option<&AcmeDocument>) {
        let Some(AcmeDocument {
            directory,
            contact,
            challenge,
            ca,
        }) = acme
        else {
            return;
        };
        self.text("acme.directory", directory);
        self.optional("acme.contact", contact.as_deref());
        self.optional("acme.challenge", challenge.as_deref());
        self.optional("acme.ca", ca.as_deref());
    }

    fn keys(&mut self, keys: &KeysDocument, old: &Fields) {
        let KeysDocument {
            signing,
            next_signing,
            next_signing_certificates,
            decryption,
            next_decryption,
        } = keys;
        self.optional_pair("keys.signing", signing.as_ref());
        self.optional_pair("keys.next_signing", next_signing.as_ref());
        self.optional_pair("keys.next_decryption", next_decryption.as_ref());
        self.list("keys.next_signing_certificates", next_signing_certificates);
        let have = decryption.iter().map(|pair| number_of(old, pair));
        let numbers = numbering::ascending(&have.collect::<Vec<_>>());
        for (pair, number) in decryption.iter().zip(numbers) {
            let path = format!("{DECRYPTION}.{number}");
            self.pair(&path, pair);
            self.groups.insert(path);
        }
    }

    fn providers(&mut self, providers: &[IdentityProviderDocument], old: &Fields) {
        let old = old.providers();
        let order_of = |name: &str| old.iter().find(|it| it.name == name)?.order;
        let have = providers.iter().map(|provider| order_of(&provider.name));
        let orders = numbering::ascending(&have.collect::<Vec<_>>());
        for (provider, order) in providers.iter().zip(orders) {
            let path = format!("{PROVIDERS}.{}", provider.name);
            self.text(&format!("{path}.{ORDER}"), &order.to_string());
            self.provider(&path, provider);
            self.groups.insert(path);
        }
    }

    fn provider(&mut self, path: &str, provider: &IdentityProviderDocument) {
        let IdentityProviderDocument {
            name: _,
            metadata,
            entity_id,
            enabled,
            signed_part,
            encryption_required,
            clock_skew,
            max_assertion_age,
            audiences,
            request_binding,
            sign_requests,
            force_authn,
            requested_context,
            name_id_format,
            subject,
            attributes,
            provisioning,
            dangerous,
        } = provider;
        let at = |setting: &str| format!("{path}.{setting}");
        self.text(&at(METADATA), metadata);
        self.list(&at("audiences"), audiences);
        for (setting, value) in [
            ("entity_id", entity_id),
            ("signed_part", signed_part),
            ("clock_skew", clock_skew),
            ("max_assertion_age", max_assertion_age),
            ("request_binding", request_binding),
            ("name_id_format", name_id_format),
            ("subject", subject),
            ("provisioning", provisioning),
        ] {
            self.optional(&at(setting), value.as_deref());
        }
        for (setting, value) in [
            ("enabled", enabled),
            ("encryption_required", encryption_required),
            ("sign_requests", sign_requests),
            ("force_authn", force_authn),
        ] {
            self.optional(&at(setting), value.map(word));
        }
        self.requested_context(&at("requested_context"), requested_context.as_ref());
        self.attributes(&at("attributes"), attributes);
        self.dangerous(&at("dangerous"), dangerous);
    }

    /// The classes are written even if there are none: they say that there is a context.
    fn requested_context(&mut self, path: &str, context: Option<&RequestedContextDocument>) {
        let Some(RequestedContextDocument {
            comparison,
            classes,
        }) = context
        else {
            return;
        };
        self.optional(&format!("{path}.comparison"), comparison.as_deref());
        self.text(&format!("{path}.classes"), &write_list(classes));
    }

    fn attributes(&mut self, path: &str, attributes: &AttributesDocument) {
        let AttributesDocument {
            first,
            last,
            email,
            groups,
        } = attributes;
        let all = [
            ("first", first),
            ("last", last),
            ("email", email),
            ("groups", groups),
        ];
        for (setting, value) in all {
            self.optional(&format!("{path}.{setting}"), value.as_deref());
        }
    }

    fn dangerous(&mut self, path: &str, dangerous: &DangerousDocument) {
        let DangerousDocument {
            accept_sha1,
            accept_cbc_encryption,
            accept_unsolicited_responses,
        } = dangerous;
        for (setting, accepted) in [
            ("accept_sha1", accept_sha1),
            ("accept_cbc_encryption", accept_cbc_encryption),
            ("accept_unsolicited_responses", accept_unsolicited_responses),
        ] {
            let value = accepted.then(|| word(true));
            self.optional(&format!("{path}.{setting}"), value);
        }
    }

    fn optional_pair(&mut self, path: &str, pair: Option<&KeyPairDocument>) {
        if let Some(pair) = pair {
            self.pair(path, pair);
        }
    }

    fn pair(&mut self, path: &str, pair: &KeyPairDocument) {
        self.text(&format!("{path}.certificate"), &pair.certificate);
        if !pair.is_certificate_alone() {
            self.text(&format!("{path}.key"), pair.key.expose());
        }
    }

    fn list(&mut self, path: &str, items: &[String]) {
        if !items.is_empty() {
            self.text(path, &write_list(items));
        }
    }

    fn optional(&mut self, path: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(path, value);
        }
    }

    fn text(&mut self, path: &str, value: &str) {
        self.fields.insert(path, Zeroizing::new(value.to_owned()));
    }
}

/// The number under which a decryption key stands already.
fn number_of(fields: &Fields, pair: &KeyPairDocument) -> Option<u32> {
    fields.decryption_numbers().into_iter().find(|number| {
        let found = fields.value(&format!("{DECRYPTION}.{number}.certificate"));
        found == Some(pair.certificate.as_str())
    })
}

const fn word(value: bool) -> &'static str {
    match value {
        true => "true",
        false => "false",
    }
}
