//! `sso-connect login` and `logout`.

use super::{Context, sign_in};
use crate::args::LoginArgs;
use crate::domain::Vault;
use crate::failure::Failure;

pub(super) async fn login(context: &Context, args: &LoginArgs) -> Result<(), Failure> {
    let administrator = sign_in::sign_in(context, args).await?;
    let vault = Vault::of_folder(&context.root)?;
    vault
        .store(sign_in::SESSION, &administrator.to_session())
        .await?;
    let until = context.now().later(administrator.remaining());
    let who = administrator.who();
    context.print(&format!(
        "Signed in as {} of {} until {}.\nTo end it before: sso-connect logout\n",
        who.administrator,
        who.domain,
        context.zone.show(until)
    ))
}

pub(super) async fn logout(context: &Context) -> Result<(), Failure> {
    let vault = Vault::of_folder(&context.root)?;
    let Some(kept) = vault.load(sign_in::SESSION).await? else {
        return context.print("Nobody was signed in.\n");
    };
    // First here: whatever the hub says, nobody goes on with it on this machine.
    vault.remove(sign_in::SESSION)?;
    let ended = match sign_in::office(context, &LoginArgs::default().hub)?
        .resume(&kept)
        .await
    {
        Ok(administrator) => administrator.sign_out().await.is_ok(),
        Err(_) => false,
    };
    context.print(match ended {
        true => "Signed out.\n",
        false => {
            "Signed out on this machine. The hub was not told; the session ends there by itself, \
             an hour after it began at the latest.\n"
        }
    })
}
