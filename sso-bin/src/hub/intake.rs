//! Receiving the bodies of requests: not more than a hub takes, not slower, and not more at once
//! than there is memory for.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use http_body_util::BodyExt as _;
use sso_sync::hub::HubSettings;
use sso_sync::wire::{Code, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Receives bodies.
#[derive(Clone, Debug)]
pub(super) struct Intake {
    patience: Duration,
    budget: Arc<Semaphore>,
    bytes: usize,
}

/// A body, and the memory that it takes until this is dropped.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) body: Bytes,
    _held: Option<OwnedSemaphorePermit>,
}

impl Intake {
    /// A client may take `patience`, and all bodies together `bytes` of memory.
    pub(super) fn new(patience: Duration, bytes: usize) -> Self {
        let budget = Arc::new(Semaphore::new(bytes));
        Self {
            patience,
            budget,
            bytes,
        }
    }

    /// How much memory bodies take now.
    pub(super) fn held(&self) -> usize {
        self.bytes.saturating_sub(self.budget.available_permits())
    }

    /// Receives a body.
    ///
    /// # Errors
    ///
    /// [`Code::TooLarge`] before anything is read if that is known then, [`Code::Busy`] if it does
    /// not arrive in time or there is no memory, [`Code::Malformed`] if it ends early.
    pub(super) async fn receive(&self, body: Body) -> Result<Received, Problem> {
        if body.size_hint().lower() > HubSettings::MAX_BODY as u64 {
            return Err(Code::TooLarge.into());
        }
        let received = tokio::time::timeout(self.patience, self.read(body)).await;
        received.unwrap_or_else(|_| Err(Problem::new(Code::Busy).because(SLOW).retry_after(1)))
    }

    /// Each byte that arrives takes a permit.
    async fn read(&self, mut body: Body) -> Result<Received, Problem> {
        let (mut bytes, mut held) = (Vec::new(), None::<OwnedSemaphorePermit>);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Code::Malformed)?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if bytes.len().saturating_add(data.len()) > HubSettings::MAX_BODY {
                return Err(Code::TooLarge.into());
            }
            let permit = self.permit(data.len())?;
            match &mut held {
                Some(held) => held.merge(permit),
                None => held = Some(permit),
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Received {
            body: bytes.into(),
            _held: held,
        })
    }

    fn permit(&self, length: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.budget).try_acquire_many_owned(length);
        permit.map_err(|_| Problem::new(Code::Busy).because(FULL).retry_after(2))
    }
}

const SLOW: &str = "the request did not arrive in time: try again over a faster connection";
const FULL: &str = "the hub has no memory for another request: try again later";

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body::{Body as HttpBody, Frame};

    use super::*;

    #[tokio::test]
    async fn a_body_up_to_the_limit_is_received_and_none_above_it() {
        let intake = Intake::new(PATIENCE, 8 * HubSettings::MAX_BODY);
        let largest = Body::from(vec![0; HubSettings::MAX_BODY]);
        let received = intake.receive(largest).await.unwrap();
        assert_eq!(received.body.len(), HubSettings::MAX_BODY);
        assert_eq!(intake.held(), HubSettings::MAX_BODY);
        drop(received);
        assert_eq!(intake.held(), 0);
        let above = Body::from(vec![0; HubSettings::MAX_BODY + 1]);
        assert_eq!(
            intake.receive(above).await.unwrap_err().code,
            Code::TooLarge
        );
    }

    #[tokio::test]
    async fn a_body_that_does_not_say_its_length_is_cut_off_at_the_limit() {
        let intake = Intake::new(PATIENCE, 8 * HubSettings::MAX_BODY);
        let endless = Body::new(Endless);
        assert_eq!(
            intake.receive(endless).await.unwrap_err().code,
            Code::TooLarge
        );
        assert_eq!(intake.held(), 0);
    }

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let intake = Intake::new(Duration::from_millis(1), 100);
        let refused = intake.receive(Body::new(Stalled)).await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (Code::Busy, 1));
    }

    #[tokio::test]
    async fn what_is_under_way_never_takes_more_than_the_budget() {
        let intake = Intake::new(PATIENCE, 16);
        let first = intake.receive(Body::from(vec![0; 10])).await.unwrap();
        let refused = intake.receive(Body::from(vec![0; 7])).await.unwrap_err();
        assert_eq!((refused.code, refused.retry_after), (Code::Busy, 2));
        assert!(intake.receive(Body::from(vec![0; 6])).await.is_ok());
        drop(first);
        assert!(intake.receive(Body::from(vec![0; 16])).await.is_ok());
    }

    struct Endless;

    impl HttpBody for Endless {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1024])))))
        }
    }

    struct Stalled;

    impl HttpBody for Stalled {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    const PATIENCE: Duration = Duration::from_secs(30);
}
