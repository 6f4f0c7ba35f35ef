//! The parameters of a query or a form, each at most once where it matters.

use std::error::Error;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use axum::RequestExt as _;
use axum::body::Body;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError};
use tokio::sync::Semaphore;
use url::form_urlencoded;

use super::refusal::Refusal;
use crate::pages::Failure;

/// Decoded names and values in the order sent (URL Standard, 5.1).
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads what a stranger sent.
    ///
    /// # Errors
    ///
    /// A refusal if there are very many: each costs us far more memory than the sender.
    fn read(encoded: &[u8]) -> Result<Self, Refusal> {
        match form_urlencoded::parse(encoded).nth(MAX_FIELDS) {
            None => Ok(Self::parse(encoded)),
            Some(_) => Err(Refusal::bad_request()),
        }
    }

    pub(super) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value of `name`, if it was sent.
    ///
    /// # Errors
    ///
    /// A refusal if it was sent twice: two readers could take different ones.
    pub(crate) fn once(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let mut values = self.0.iter().filter(|(sent, _)| sent == name);
        let value = values.next().map(|(_, value)| value.as_str());
        match values.next() {
            None => Ok(value),
            Some(_) => Err(Refusal::bad_request()),
        }
    }

    /// Whether `name` was sent, and not as `false` or `0`: `?embedded` alone switches on.
    ///
    /// # Errors
    ///
    /// A refusal if it was sent twice.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        Ok(self
            .once(name)?
            .is_some_and(|value| !matches!(value, "false" | "0")))
    }
}

/// The parameters behind the question mark.
#[derive(Debug)]
pub(crate) struct Query(pub(crate) Parameters);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        Parameters::read(query.as_bytes()).map(Self)
    }
}

/// The parameters of a posted form.
#[derive(Debug)]
pub(crate) struct Form(pub(crate) Parameters);

impl<S> FromRequest<S> for Form
where
    S: Send + Sync,
    Intake: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !is_form(request.headers()) {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Failure::Method,
            ));
        }
        let intake = Intake::from_ref(state);
        tokio::time::timeout(intake.patience, intake.read(request.into_limited_body()))
            .await
            .map_err(|_| Refusal::new(StatusCode::REQUEST_TIMEOUT, Failure::Slow))?
            .map(Self)
    }
}

/// What strangers may make us hold of forms that have not arrived whole.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    patience: Duration,
    budget: Arc<Semaphore>,
}

impl Intake {
    /// A client may take `patience` to send a form, and all clients together may have us hold
    /// 64 MiB, however many connections they open.
    pub(crate) fn new(patience: Duration) -> Self {
        Self::with_budget(patience, BUDGET_BYTES)
    }

    fn with_budget(patience: Duration, bytes: usize) -> Self {
        let budget = Arc::new(Semaphore::new(bytes));
        Self { patience, budget }
    }

    /// Each byte that arrives takes a permit, which is given back once the form is read.
    async fn read(&self, mut body: Body) -> Result<Parameters, Refusal> {
        let mut form = Vec::new();
        let mut held = self.budget.try_acquire_many(0).ok();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| unreadable(&error))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
            let permit = self.budget.try_acquire_many(length);
            let permit = permit.map_err(|_| Refusal::unavailable())?;
            match &mut held {
                Some(held) => held.merge(permit),
                None => held = Some(permit),
            }
            form.extend_from_slice(&data);
        }
        Parameters::read(&form)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let sent = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn unreadable(error: &axum::Error) -> Refusal {
    let mut causes = iter::successors(Some(error as &dyn Error), |error| (*error).source());
    match causes.any(|cause| cause.is::<LengthLimitError>()) {
        true => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, Failure::TooLarge),
        false => Refusal::bad_request(),
    }
}

/// Enough for 128 of the largest forms at a time, and for thousands of usual ones.
const BUDGET_BYTES: usize = 64 * 1024 * 1024;

/// More than any form or address that is meant for us has.
const MAX_FIELDS: usize = 64;

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::{Bytes, HttpBody};
    use http_body::Frame;

    use super::*;

    #[tokio::test]
    async fn dos_06_a_form_that_does_not_arrive_is_given_up() {
        let refusal = receive(Body::new(Stalled)).await.unwrap_err();
        assert_eq!(refusal.status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn a_form_of_very_many_fields_is_refused() {
        let fields = |count| Body::from("a&".repeat(count));
        assert!(receive(fields(MAX_FIELDS)).await.is_ok());
        let refusal = receive(fields(MAX_FIELDS + 1)).await.unwrap_err();
        assert_eq!(refusal.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn dos_06_forms_beyond_the_budget_are_put_off_and_what_was_read_gives_room() {
        let intake = Intake::with_budget(Duration::ZERO, 16);
        for _ in 0..3 {
            assert!(intake.read(Body::from("RelayState=12345")).await.is_ok());
        }
        let refusal = intake
            .read(Body::from("RelayState=123456"))
            .await
            .unwrap_err();
        assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(intake.budget.available_permits(), 16);
    }

    #[tokio::test]
    async fn a_form_that_is_there_is_read() {
        let form = receive(Body::from("RelayState=x")).await.unwrap();
        assert_eq!(form.0.once("RelayState").unwrap(), Some("x"));
    }

    #[test]
    fn a_value_is_found_and_decoded() {
        let parameters = Parameters::parse(b"dest=%2Fa+b&idp=x");
        assert_eq!(parameters.once("dest").unwrap(), Some("/a b"));
        assert_eq!(parameters.once("key").unwrap(), None);
    }

    #[test]
    fn http_11_a_value_sent_twice_is_refused() {
        let parameters = Parameters::parse(b"SAMLResponse=a&SAMLResponse=b&x=1");
        assert!(parameters.once("SAMLResponse").is_err());
        assert_eq!(parameters.once("x").unwrap(), Some("1"));
    }

    #[test]
    fn a_flag_is_set_by_its_name_alone() {
        for (query, set) in [
            ("relogin", true),
            ("relogin=true", true),
            ("relogin=1", true),
            ("relogin=false", false),
            ("relogin=0", false),
            ("", false),
        ] {
            let parameters = Parameters::parse(query.as_bytes());
            assert_eq!(parameters.flag("relogin").unwrap(), set, "{query}");
        }
    }

    #[test]
    fn only_forms_are_forms() {
        let check = |content_type: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
            is_form(&headers)
        };
        assert!(check("application/x-www-form-urlencoded"));
        assert!(check("application/X-WWW-Form-URLencoded; charset=UTF-8"));
        assert!(!check("application/json"));
        assert!(!check("multipart/form-data; boundary=x"));
        assert!(!is_form(&HeaderMap::new()));
    }

    async fn receive(body: Body) -> Result<Form, Refusal> {
        let request = Request::post("/")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
            .unwrap();
        Form::from_request(request, &Intake::new(Duration::ZERO)).await
    }

    /// A body of which nothing ever arrives.
    struct Stalled;

    impl HttpBody for Stalled {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }
}
