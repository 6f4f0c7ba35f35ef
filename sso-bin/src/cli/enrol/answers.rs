//! What is answered before anything is asked: options, environment, file.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use sso_sync::admin::EnrolmentToken;

use crate::args::{EnrolArgs, HubOptions, OwnUsersOptions, SignInOptions};
use crate::cli::Context;
use crate::failure::Failure;
use crate::terminal::{Hidden, Secret};

/// Everything that was answered beforehand.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) hub: HubOptions,
    pub(super) sign_in: SignInOptions,
    pub(super) name: Option<String>,
    pub(super) users: OwnUsersOptions,
    token_file: Option<PathBuf>,
}

/// The file of `--answers`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    hub: Option<String>,
    domain: Option<String>,
    hub_ca: Option<PathBuf>,
    proxy: Option<String>,
    email: Option<String>,
    password_file: Option<PathBuf>,
    code_file: Option<PathBuf>,
    name: Option<String>,
    token_file: Option<PathBuf>,
    leave_users_behind: bool,
    dangerously_lose_old_secrets: bool,
}

impl Answers {
    /// An option goes before a variable, a variable before the file.
    pub(super) fn gather(context: &Context, args: &EnrolArgs) -> Result<Self, Failure> {
        let file = match &args.answers {
            Some(path) => read(path)?,
            None => File::default(),
        };
        let variable = |name: &str| {
            let value = context.environment.get(name);
            value.map(|value| value.as_str().to_owned())
        };
        let text = |option: &Option<String>, name: &str, file: Option<String>| {
            option.clone().or_else(|| variable(name)).or(file)
        };
        let (hub, sign_in) = (&args.hub, &args.sign_in);
        Ok(Self {
            hub: HubOptions {
                hub: text(&hub.hub, "SSO_CONNECT_HUB", file.hub),
                domain: text(&hub.domain, "SSO_CONNECT_DOMAIN", file.domain),
                hub_ca: hub.hub_ca.clone().or(file.hub_ca),
                proxy: hub.proxy.clone().or(file.proxy),
            },
            sign_in: SignInOptions {
                email: text(&sign_in.email, "SSO_CONNECT_EMAIL", file.email),
                password_file: sign_in.password_file.clone().or(file.password_file),
                code_file: sign_in.code_file.clone().or(file.code_file),
            },
            name: text(&args.name, "SSO_CONNECT_SERVER_NAME", file.name),
            users: OwnUsersOptions {
                leave_users_behind: args.users.leave_users_behind || file.leave_users_behind,
                dangerously_lose_old_secrets: args.users.dangerously_lose_old_secrets
                    || file.dangerously_lose_old_secrets,
            },
            token_file: args.token_file.clone().or(file.token_file),
        })
    }

    /// The token that takes the place of an administrator, if there is one.
    pub(super) fn token(&self, context: &Context) -> Result<Option<EnrolmentToken>, Failure> {
        let secret = Secret {
            question: "Enrolment token",
            option: "--token-file",
            file: self.token_file.as_deref(),
            variable: "SSO_CONNECT_TOKEN",
            times: Hidden::Once,
        };
        let Some(text) = secret.given(&context.environment)? else {
            return Ok(None);
        };
        let token = EnrolmentToken::parse(&text);
        token.map(Some).map_err(|error| {
            Failure::refused(
                error.to_string(),
                "sso-connect tokens mint, on another server",
            )
        })
    }
}

fn read(path: &PathBuf) -> Result<File, Failure> {
    let fix = || format!("edit {}; see sso-connect enrol --help", path.display());
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::refused(format!("{}: {error}", path.display()), fix()))?;
    // What is quoted would be shown, and somebody may have written a password there.
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let what = format!("{}: {}", path.display(), error.message());
        Failure::refused(what, fix())
    })
}
