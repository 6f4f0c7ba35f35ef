//! `sso-connect keys status`: what protects the keys of this server.

use sso_sync::keeper::Protection;

use super::{Context, print};
use crate::args::KeysCommand;
use crate::data_key::{self, Place};
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::token::TokenSettings;
use crate::wiring;

pub(super) fn run(context: &Context, command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Status => {
            let dir = context.dir()?;
            let local = LocalSettings::load(&dir)?;
            let protection = wiring::sealer(&dir, &local)?.protection();
            let data_key = data_key::place(&dir, &protection)?;
            print(&text(&protection, &data_key, local.token.as_ref()))
        }
    }
}

fn text(protection: &Protection, data_key: &Place, token: Option<&TokenSettings>) -> String {
    let warning = protection.warning();
    let warning = warning.map(|warning| format!("            Warning: {warning}\n"));
    format!(
        "secrets     sealed by {protection}\n{}data key    {data_key}\nTLS key     {}\nSAML key    {}\ndecryption  {}\n",
        warning.unwrap_or_default(),
        place(token, |token| token.tls_key.as_deref()),
        place(token, |token| token.signing_key.as_deref()),
        place(token, |token| token.decryption_key.as_deref()),
    )
}

fn place<'a>(
    token: Option<&'a TokenSettings>,
    key: impl FnOnce(&'a TokenSettings) -> Option<&'a str>,
) -> String {
    let on_token = |token: &'a TokenSettings| Some((&token.label, key(token)?));
    match token.and_then(on_token) {
        Some((token, key)) => format!("on the PKCS#11 token {token}, key {key}"),
        None => "in a file or in the shared configuration".into(),
    }
}

#[cfg(test)]
mod tests {
    use sso_sync::keeper::SealerKind;

    use super::*;

    #[test]
    fn a_key_file_is_warned_of() {
        let text = text(
            &Protection::new(SealerKind::KeyFile, "/k"),
            &Place::File,
            None,
        );
        assert!(text.starts_with("secrets     sealed by key file /k\n            Warning: "));
        assert!(text.contains("SAML key    in a file"));
    }

    #[test]
    fn a_token_is_named_with_its_keys() {
        let token = "module = '/m'\nlabel = 'sso'\ntls_key = 'tls'";
        let token: TokenSettings = toml::from_str(token).unwrap();
        let protection = Protection::new(SealerKind::Pkcs11, "sso, key node");
        let expected = "secrets     sealed by PKCS#11 token sso, key node\n\
                        data key    sealed by PKCS#11 token sso, key node\n\
                        TLS key     on the PKCS#11 token sso, key tls\n\
                        SAML key    in a file or in the shared configuration\n\
                        decryption  in a file or in the shared configuration\n";
        let data_key = Place::Sealed(protection.clone());
        assert_eq!(text(&protection, &data_key, Some(&token)), expected);
    }
}
