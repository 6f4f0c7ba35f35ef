//! `sso-connect password`, `recover` and `two-factor`: the administrator's own account at the hub.

use sso_sync::admin::{Password, RecoveryCode};
use sso_sync::administration::Administrator;

use super::Context;
use super::found::show_code;
use super::sign_in::{self, Codes, SESSION};
use crate::args::{
    LoginArgs, PasswordChangeArgs, PasswordCommand, RecoverArgs, SignInOptions, TwoFactorCommand,
};
use crate::domain::Vault;
use crate::failure::Failure;
use crate::terminal::{Hidden, Secret};

pub(super) async fn password(context: &Context, command: &PasswordCommand) -> Result<(), Failure> {
    match command {
        PasswordCommand::Change(args) => change(context, args).await,
    }
}

async fn change(context: &Context, args: &PasswordChangeArgs) -> Result<(), Failure> {
    let administrator = sign_in::sign_in(context, &args.login).await?;
    let password = new_password(context, args.new_password_file.as_deref())?;
    let code = match args.new_recovery_code {
        true => Some(administrator.renew_recovery_code(password).await?),
        false => {
            administrator.change_password(password).await?;
            None
        }
    };
    Vault::of_folder(&context.root)?.remove(SESSION)?;
    if let Some(code) = code {
        show_code(context, None, &code)?;
    }
    context.print("The password is changed; all sessions have ended: sso-connect login\n")
}

pub(super) async fn recover(context: &Context, args: &RecoverArgs) -> Result<(), Failure> {
    let office = sign_in::office(context, &args.hub)?;
    let options = SignInOptions {
        email: args.email.clone(),
        ..SignInOptions::default()
    };
    let who = sign_in::who(context, &args.hub, &options)?;
    let code = recovery_code(context, args)?;
    let password = new_password(context, args.new_password_file.as_deref())?;
    let codes = &mut Codes::new(context, &options)?;
    let next = office.recover(&who, &code, &password, codes).await?;
    Vault::of_folder(&context.root)?.remove(SESSION)?;
    context.print("The new password is good from now on. The recovery code was used up.\n")?;
    show_code(context, None, &next)
}

fn recovery_code(context: &Context, args: &RecoverArgs) -> Result<RecoveryCode, Failure> {
    let text = Secret {
        question: "Recovery code",
        option: "--recovery-code-file",
        file: args.recovery_code_file.as_deref(),
        variable: "SSO_CONNECT_RECOVERY_CODE",
        times: Hidden::Once,
    }
    .obtain(&*context.terminal, &context.environment)?;
    RecoveryCode::parse(&text)
        .map_err(|error| Failure::refused(error.to_string(), "type it as it was printed"))
}

/// A new password, from a file, the environment, or typed twice.
pub(super) fn new_password(
    context: &Context,
    file: Option<&std::path::Path>,
) -> Result<Password, Failure> {
    let secret = Secret {
        question: "New password",
        option: "--new-password-file",
        file,
        variable: "SSO_CONNECT_NEW_PASSWORD",
        times: Hidden::Twice,
    };
    sign_in::new_password(context, &secret)
}

pub(super) async fn two_factor(
    context: &Context,
    command: &TwoFactorCommand,
) -> Result<(), Failure> {
    match command {
        TwoFactorCommand::Off(args) => off(context, args).await,
        TwoFactorCommand::On(args) => on(context, args).await,
    }
}

async fn on(context: &Context, args: &LoginArgs) -> Result<(), Failure> {
    if !context.terminal.is_interactive() {
        let question = "a code of the new authenticator";
        return Err(Failure::unasked(question, "give the command in a terminal"));
    }
    let mut administrator = sign_in::sign_in(context, args).await?;
    let question = "Is there an authenticator already, which this one replaces?";
    let present = match context.terminal.confirm(question, false)? {
        true => Some(Codes::typed(context).required("Code of the present authenticator")?),
        false => None,
    };
    let secret = administrator.propose_second_factor(present).await?;
    let who = administrator.who();
    let picture = secret.to_qr_code(&who.domain, &who.administrator);
    if let Some(picture) = &picture {
        context.print(&format!("\n{}\n", **picture))?;
    }
    context.print(&format!(
        "\nScan it with an authenticator, or type this key there:\n  {}\n\n",
        *secret.to_text()
    ))?;
    confirm(context, &mut administrator).await
}

async fn confirm(context: &Context, administrator: &mut Administrator) -> Result<(), Failure> {
    let code = Codes::typed(context).required("Code that the authenticator shows now")?;
    let backup = administrator.confirm_second_factor(code).await?;
    let mut text = String::from(
        "The second factor is on. Backup codes, each good once, for when the authenticator is \
         lost:\n\n",
    );
    for code in backup.to_texts() {
        text += &format!("    {}\n", *code);
    }
    text += "\nPrint them and lock them away: they are shown once.\n";
    context.print(&text)
}

async fn off(context: &Context, args: &LoginArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::sign_in(context, args).await?;
    let question = "Another code of the authenticator, or a backup code";
    let code = Codes::typed(context).required(question)?;
    administrator.remove_second_factor(code).await?;
    context.print("The second factor is off: the password alone signs in.\n")
}
