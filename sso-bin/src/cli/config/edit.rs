//! Changing the configuration.

use std::fs;

use sso_core::config::fields::{self, Fields};
use zeroize::Zeroizing;

use super::begin::{begin, finish};
use super::save::{Review, check, told};
use super::{draft, lines, revision};
use crate::args::{ConfigRollbackArgs, ConfigSetArgs, ConfigUnsetArgs, LoginArgs};
use crate::cli::{Context, sign_in};
use crate::failure::Failure;
use crate::settings::SettingsError;
use crate::terminal::Hidden;

pub(super) async fn edit(context: &Context, args: &LoginArgs) -> Result<(), Failure> {
    if !context.terminal.is_interactive() {
        return Err(Failure::unasked(
            "the editor",
            "sso-connect config set PATH VALUE --yes",
        ));
    }
    draft::warn(context).await?;
    let begun = begin(context, args).await?;
    let Some(fields) = edited(context, &begun.fields)? else {
        return context.print("Nothing was saved.\n");
    };
    finish(context, begun, fields, Review::Ask).await
}

/// What becomes of `before` in the editor, again and again until it is right or the person gives
/// up; what was typed is not lost in between.
fn edited(context: &Context, before: &Fields) -> Result<Option<Fields>, Failure> {
    let mut text = Zeroizing::new(match before.iter().next() {
        Some(_) => before.to_toml().map_err(SettingsError::of_toml)?,
        None => FIRST.to_owned(),
    });
    loop {
        let Some(typed) = context.terminal.edit(&text)? else {
            return Ok(None);
        };
        text = Zeroizing::new(typed);
        let refused = match before.edited(&text) {
            Ok(fields) => match check(context, &fields) {
                Ok(()) => return Ok(Some(fields)),
                Err(refused) => refused,
            },
            Err(error) => SettingsError::of_toml(error).into(),
        };
        context.terminal.remark(&refused.to_string());
        if !context.terminal.confirm("Edit it again?", true)? {
            return Err(refused);
        }
    }
}

pub(super) async fn set(context: &Context, args: &ConfigSetArgs) -> Result<(), Failure> {
    let value = value(context, args)?;
    let begun = begin(context, &args.login).await?;
    let mut fields = begun.fields.clone();
    fields
        .set(&args.path, &value)
        .map_err(SettingsError::of_one)?;
    finish(context, begun, fields, review(args.yes)).await
}

/// From the file, else the argument unless it is secret, else what is typed.
fn value(context: &Context, args: &ConfigSetArgs) -> Result<Zeroizing<String>, Failure> {
    let is_secret = fields::describe(&args.path).is_some_and(fields::Setting::is_secret);
    match (&args.file, &args.value) {
        (Some(file), _) => fs::read_to_string(file)
            .map(Zeroizing::new)
            .map_err(|error| {
                Failure::refused(
                    format!("{}: {error}", file.display()),
                    format!("ls -l {}", file.display()),
                )
            }),
        (None, Some(_)) if is_secret => Err(Failure::refused(
            format!(
                "{} is secret, and everybody on this machine can read the arguments of a command; \
                 what was given here is not secret any more",
                args.path
            ),
            "--file FILE, with another key",
        )),
        (None, Some(value)) => Ok(Zeroizing::new(value.clone())),
        (None, None) if !context.terminal.is_interactive() => Err(Failure::unasked(
            &args.path,
            "give the value, or --file FILE",
        )),
        (None, None) if is_secret => context.terminal.ask_hidden(&args.path, Hidden::Once),
        (None, None) => context.terminal.ask(&args.path, None).map(Zeroizing::new),
    }
}

pub(super) async fn unset(context: &Context, args: &ConfigUnsetArgs) -> Result<(), Failure> {
    let begun = begin(context, &args.login).await?;
    let mut fields = begun.fields.clone();
    fields.unset(&args.path).map_err(SettingsError::of_one)?;
    finish(context, begun, fields, review(args.yes)).await
}

pub(super) async fn rollback(context: &Context, args: &ConfigRollbackArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, &args.login).await?;
    let now = super::fields_of(&administrator.current()?.1)?;
    let then = revision(&administrator, args.to)?;
    check(context, &then)?;
    context.print(&lines(&now, &then))?;
    if !args.yes {
        let question = format!("Make revision {} the newest again?", args.to);
        if !context.terminal.is_interactive() {
            return Err(Failure::unasked(&question, "add --yes"));
        }
        if !context.terminal.confirm(&question, false)? {
            return context.print("Nothing was saved.\n");
        }
    }
    let saved = administrator.rollback(args.to).await?;
    told(context, &mut administrator, &saved).await
}

const fn review(yes: bool) -> Review {
    match yes {
        true => Review::Yes,
        false => Review::Ask,
    }
}

/// What somebody begins with who edits the first configuration of a domain.
const FIRST: &str = "\
# Where browsers reach the servers of the domain.
base_url = \"https://sso.example.com:8443\"

# Identity providers are easier to add one by one:
#   sso-connect config set identity_providers.NAME.metadata --file METADATA.xml
";
