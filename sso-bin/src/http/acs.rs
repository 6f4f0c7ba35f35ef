//! `POST /sso-connect/saml/sso`: ends a sign-in that the identity provider has answered.

use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use sso_core::config::IdpName;
use sso_core::login::{AcsPost, FailedLogin, Handover, SignedIn};
use sso_core::saml::RejectionClass;

use super::answer::language;
use super::parameters::{Form, Parameters};
use super::refusal::Refusal;
use super::{App, cookies, login, secret};
use crate::failure::deeper_cause;
use crate::pages::{self, Failure};

pub(super) async fn receive(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Response> {
    let post = read(uri.query(), &form).map_err(Refusal::into_response)?;
    let cookie_header = cookies::of(&headers);
    let sso = app.sso_for(&headers);
    match sso.finish_login(&post, cookie_header.as_deref()).await {
        Ok(signed_in) => finish(&app, &headers, signed_in).await,
        Err(failed) => Err(refuse(&failed)),
    }
}

/// The two fields, from the body and nowhere else.
fn read<'a>(query: Option<&str>, form: &'a Parameters) -> Result<AcsPost<'a>, Refusal> {
    if query.is_some_and(|query| query.contains("SAMLResponse")) {
        return Err(Refusal::bad_request());
    }
    let saml_response = form
        .once("SAMLResponse")?
        .ok_or_else(Refusal::bad_request)?;
    Ok(AcsPost {
        saml_response,
        relay_state: form.once("RelayState")?,
    })
}

async fn finish(app: &App, headers: &HeaderMap, signed_in: SignedIn) -> Result<Response, Response> {
    app.drain().signed_in();
    // The provider may have begun it.
    app.came_to_sign_in(headers);
    tracing::info!(
        user = signed_in.user.id.as_str(),
        identity_provider = signed_in.session.identity_provider.as_str(),
        "signed in"
    );
    let answer = match &signed_in.handover {
        Handover {
            key: Some(key),
            embedded: true,
            ..
        } => {
            let sealed = secret::seal(app, &signed_in.session, key).await;
            pages::embedded(language(headers), &sealed.map_err(Refusal::into_response)?)
                .into_response()
        }
        _ => Redirect::to(signed_in.destination.as_str()).into_response(),
    };
    Ok(cookies::set(answer, &signed_in.cookies))
}

fn refuse(failed: &FailedLogin) -> Response {
    let rejection = &failed.rejection;
    let asked = failed.again.as_ref().and_then(|again| again.idp.as_ref());
    let provider = asked.map(IdpName::as_str);
    tracing::warn!(
        identity_provider = provider,
        code = rejection.code(),
        reason = rejection.to_string().as_str(),
        cause = deeper_cause(rejection),
        setting = rejection
            .setting()
            .map(|setting| of_provider(setting, provider)),
        fix = rejection.fix(),
        "the sign-in was refused"
    );
    let (status, failure) = match rejection.class() {
        RejectionClass::BadRequest => (StatusCode::BAD_REQUEST, Failure::BadRequest),
        RejectionClass::ProviderDeclined => (StatusCode::FORBIDDEN, Failure::Denied),
        RejectionClass::StartAgain if failed.again.is_none() => {
            (StatusCode::FORBIDDEN, Failure::NoCookies)
        }
        RejectionClass::StartAgain => (StatusCode::FORBIDDEN, Failure::TryAgain),
        RejectionClass::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, Failure::Unavailable),
        _ => (StatusCode::FORBIDDEN, Failure::Refused),
    };
    let mut refusal = Refusal::new(status, failure);
    if let Some(again) = &failed.again {
        refusal = refusal.with_restart(login::address(again));
    }
    cookies::set(refusal.into_response(), &failed.cookies)
}

/// The path of a setting as it stands in the configuration, if the provider is known.
fn of_provider(setting: &str, provider: Option<&str>) -> String {
    setting.replace('*', provider.unwrap_or("*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_that_of_the_provider_that_was_asked() {
        let setting = "identity_providers.*.clock_skew";
        assert_eq!(
            of_provider(setting, Some("work")),
            "identity_providers.work.clock_skew"
        );
        assert_eq!(of_provider(setting, None), setting);
    }
}
