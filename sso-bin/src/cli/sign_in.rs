//! Signing an administrator in, and going on with a session that was kept.

use async_trait::async_trait;
use sso_sync::admin::second_factor::SecondFactorCode;
use sso_sync::admin::{AdministratorName, DomainName, Password};
use sso_sync::administration::{AdministrationError, Administrator, CodePrompt, Office, Who};
use zeroize::Zeroizing;

use super::Context;
use super::domain::notice;
use crate::args::{HubOptions, LoginArgs, SignInOptions};
use crate::domain::{HubAddress, Proxy, Vault};
use crate::failure::{Failure, Trouble};
use crate::terminal::{Hidden, Secret};

/// The administrator who gives the command: the kept session if there is one, else a sign-in for
/// this command only.
pub(super) async fn administrator(
    context: &Context,
    args: &LoginArgs,
) -> Result<Administrator, Failure> {
    let administrator = administrator_in_silence(context, args).await?;
    notice::remark(context, administrator.chain());
    Ok(administrator)
}

/// The same for a command that says itself whether somebody wants the domain deleted.
pub(super) async fn administrator_in_silence(
    context: &Context,
    args: &LoginArgs,
) -> Result<Administrator, Failure> {
    match resume(context, args).await? {
        Some(administrator) => Ok(administrator),
        None => anew(context, args).await,
    }
}

/// Signs in anew, whatever was kept.
pub(super) async fn sign_in(context: &Context, args: &LoginArgs) -> Result<Administrator, Failure> {
    let administrator = anew(context, args).await?;
    notice::remark(context, administrator.chain());
    Ok(administrator)
}

async fn anew(context: &Context, args: &LoginArgs) -> Result<Administrator, Failure> {
    let office = office(context, &args.hub)?;
    let who = who(context, &args.hub, &args.sign_in)?;
    sign_in_as(context, &office, who, &args.sign_in).await
}

/// Signs in somebody who is known by name.
pub(super) async fn sign_in_as(
    context: &Context,
    office: &Office,
    who: Who,
    options: &SignInOptions,
) -> Result<Administrator, Failure> {
    let password = password(context, options)?;
    let vault = Vault::of_folder(&context.root)?;
    let known = vault.known(&who)?;
    let codes = &mut Codes::new(context, options)?;
    let administrator = office.sign_in(who, password, known.as_ref(), codes).await?;
    remember(&vault, &administrator)?;
    Ok(administrator)
}

/// What is to be noticed the next time, if the hub goes back.
pub(super) fn remember(vault: &Vault, administrator: &Administrator) -> Result<(), Failure> {
    vault.remember(administrator.who(), &administrator.known())
}

/// The place from which somebody works with the hub.
pub(super) fn office(context: &Context, options: &HubOptions) -> Result<Office, Failure> {
    let office = context.office_at(&address(context, options)?)?;
    let node = match context.membership()? {
        Some((_, settings)) => settings.node_id(),
        None => None,
    };
    Ok(match node {
        Some(node) => office.at(node),
        None => office,
    })
}

/// Where the hub is: what is given, else what domain.toml says, else what is typed.
pub(super) fn address(context: &Context, options: &HubOptions) -> Result<HubAddress, Failure> {
    let kept = context.membership()?;
    let kept = kept.map(|(_, settings)| settings.address()).transpose()?;
    let mut address = match (&options.hub, kept) {
        (None, Some(kept)) => kept,
        (given, _) => {
            let ways = ("--hub URL", "SSO_CONNECT_HUB");
            HubAddress::parse(&context.obtain("Hub", given.as_deref(), ways, None)?)?
        }
    };
    if let Some(ca) = &options.hub_ca {
        // The server that is told so later starts in another folder.
        address.ca = Some(std::path::absolute(ca).unwrap_or_else(|_| ca.clone()));
    }
    if let Some(proxy) = proxy(context, options)? {
        address.proxy = proxy;
    }
    Ok(address)
}

/// The address of the hub for a command to copy, if nobody has to be asked for it.
pub(super) fn known_hub(context: &Context, options: &HubOptions) -> Result<String, Failure> {
    let given = options.hub.clone();
    let kept = || {
        context
            .environment
            .get("SSO_CONNECT_HUB")
            .map(|it| it.to_string())
    };
    let member = context.membership()?.map(|(_, settings)| settings.hub);
    Ok(given
        .or(member)
        .or_else(kept)
        .unwrap_or_else(|| "URL".into()))
}

/// The process list would show a password in it.
fn proxy(context: &Context, options: &HubOptions) -> Result<Option<Proxy>, Failure> {
    match &options.proxy {
        Some(given) if given.contains('@') => Err(Failure::refused(
            "--proxy has a user name or password in it, which everybody on this machine could read",
            "give it in the environment variable SSO_CONNECT_PROXY",
        )),
        Some(given) => Ok(Some(Proxy::parse(given))),
        None => Ok(context
            .environment
            .get("SSO_CONNECT_PROXY")
            .map(|url| Proxy::parse(&url))),
    }
}

/// Who signs in, and where.
pub(super) fn who(
    context: &Context,
    hub: &HubOptions,
    sign_in: &SignInOptions,
) -> Result<Who, Failure> {
    let kept = context.membership()?.map(|(_, settings)| settings);
    let domain = match (&hub.domain, &kept) {
        (None, Some(kept)) => kept.domain.clone(),
        (given, _) => {
            let ways = ("--domain NAME", "SSO_CONNECT_DOMAIN");
            context.obtain("Domain", given.as_deref(), ways, None)?
        }
    };
    let domain = parse_domain(&domain)?;
    let default = kept.and_then(|kept| kept.administrator);
    let administrator = email(context, sign_in.email.as_deref(), default.as_deref())?;
    Ok(Who {
        domain,
        administrator,
    })
}

/// The e-mail address of an administrator.
pub(super) fn email(
    context: &Context,
    given: Option<&str>,
    default: Option<&str>,
) -> Result<AdministratorName, Failure> {
    let ways = ("--email ADDRESS", "SSO_CONNECT_EMAIL");
    let email = context.obtain("E-mail address", given, ways, default)?;
    parse_administrator(&email)
}

/// A name as it was typed.
pub(super) fn parse_administrator(text: &str) -> Result<AdministratorName, Failure> {
    AdministratorName::parse(text).map_err(|error| {
        Failure::refused(
            format!("{text}: {error}"),
            "give it as in alice@example.com",
        )
    })
}

/// A name as it was typed.
pub(super) fn parse_domain(text: &str) -> Result<DomainName, Failure> {
    DomainName::parse(text).map_err(|error| {
        Failure::refused(
            format!("{text}: {error}"),
            "give it as it was given to `sso-connect hub domain create`",
        )
    })
}

fn password(context: &Context, options: &SignInOptions) -> Result<Password, Failure> {
    let text = Secret {
        question: "Password",
        option: "--password-file",
        file: options.password_file.as_deref(),
        variable: "SSO_CONNECT_PASSWORD",
        times: Hidden::Once,
    }
    .obtain(&*context.terminal, &context.environment)?;
    Password::to_sign_in(text).map_err(|error| Failure::because(error.to_string()))
}

/// A password that is chosen now.
pub(super) fn new_password(context: &Context, secret: &Secret<'_>) -> Result<Password, Failure> {
    loop {
        let given = secret.given(&context.environment)?;
        let is_given = given.is_some();
        let text = match given {
            Some(text) => text,
            None => secret.obtain(&*context.terminal, &context.environment)?,
        };
        match Password::to_register(text) {
            Ok(password) => return Ok(password),
            Err(error) if is_given => return Err(Failure::because(error.to_string())),
            Err(error) => context.terminal.remark(&error.to_string()),
        }
    }
}

/// Goes on with the kept session, if it is one of whoever is asked for.
async fn resume(context: &Context, args: &LoginArgs) -> Result<Option<Administrator>, Failure> {
    let vault = Vault::of_folder(&context.root)?;
    let Some(kept) = vault.load(SESSION).await? else {
        return Ok(None);
    };
    match office(context, &args.hub)?.resume(&kept).await {
        Ok(administrator) if is_meant(&administrator, args) => Ok(Some(administrator)),
        Ok(_) => Ok(None),
        Err(AdministrationError::SessionOver(_)) => {
            vault.remove(SESSION)?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn is_meant(administrator: &Administrator, args: &LoginArgs) -> bool {
    let who = administrator.who();
    let fits = |given: &Option<String>, name: &str| {
        given
            .as_deref()
            .is_none_or(|given| given.trim().eq_ignore_ascii_case(name))
    };
    fits(&args.sign_in.email, who.administrator.as_str())
        && fits(&args.hub.domain, who.domain.as_str())
}

/// Codes of the second factor: one that is given, then what is typed.
#[derive(Debug)]
pub(super) struct Codes<'a> {
    context: &'a Context,
    given: Option<Zeroizing<String>>,
}

impl<'a> Codes<'a> {
    pub(super) fn new(context: &'a Context, options: &SignInOptions) -> Result<Self, Failure> {
        let secret = Secret {
            question: CODE,
            option: "--code-file",
            file: options.code_file.as_deref(),
            variable: "SSO_CONNECT_CODE",
            times: Hidden::Once,
        };
        Ok(Self {
            context,
            given: secret.given(&context.environment)?,
        })
    }

    /// Codes that are typed: one that was given was used to sign in.
    pub(super) const fn typed(context: &'a Context) -> Self {
        Self {
            context,
            given: None,
        }
    }

    /// A code that is certainly needed.
    pub(super) fn required(&mut self, question: &str) -> Result<SecondFactorCode, Failure> {
        if let Some(given) = self.given.take() {
            return parse_code(&given);
        }
        loop {
            match parse_code(&self.context.terminal.ask(question, None)?) {
                Ok(code) => return Ok(code),
                Err(error) => self.context.terminal.remark(&error.to_string()),
            }
        }
    }
}

#[async_trait]
impl CodePrompt for Codes<'_> {
    async fn code(&mut self, refused: bool) -> Option<SecondFactorCode> {
        let terminal = &self.context.terminal;
        if refused {
            terminal.remark("The code was wrong, or was used before.");
        }
        if self.given.is_none() && !terminal.is_interactive() {
            return None;
        }
        self.required(CODE).ok()
    }
}

fn parse_code(text: &str) -> Result<SecondFactorCode, Failure> {
    SecondFactorCode::parse(text)
        .map_err(|error| Failure::domain(Trouble::Denied, error.to_string(), "try again"))
}

/// The name under which a session is kept.
pub(super) const SESSION: &str = "session";
const CODE: &str = "Code of the second factor";
