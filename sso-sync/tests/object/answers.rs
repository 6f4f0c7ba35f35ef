//! What the answers of a server are taken for.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use s3s::Body;
use sso_sync::store::{BucketStore, Expect, KvStore as _, S3Settings, StoreError};
use tokio::net::TcpListener;

#[tokio::test]
async fn a_busy_store_is_asked_again() {
    let answer = put_answered_by(&[409, 409, 200]).await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn a_store_that_stays_busy_is_a_conflict() {
    let answer = put_answered_by(&[409; 20]).await;
    assert!(matches!(answer, Err(StoreError::Conflict)), "{answer:?}");
}

#[tokio::test]
async fn a_condition_that_is_not_met_is_a_conflict() {
    for status in [304, 412] {
        let answer = put_answered_by(&[status]).await;
        assert!(matches!(answer, Err(StoreError::Conflict)), "{answer:?}");
    }
}

#[tokio::test]
async fn an_error_of_the_server_is_unknown() {
    for status in [400, 408, 429, 500, 502, 503, 504] {
        let answer = put_answered_by(&[status]).await;
        assert!(
            matches!(answer, Err(StoreError::Unknown(_))),
            "{status}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn what_is_denied_was_not_written() {
    for status in [401, 403, 404] {
        let answer = put_answered_by(&[status]).await;
        assert!(
            matches!(answer, Err(StoreError::Unavailable(_))),
            "{status}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_store_without_room_is_full() {
    let answer = put_answered_by(&[507]).await;
    assert!(matches!(answer, Err(StoreError::Full(_))), "{answer:?}");
}

/// Makes an entry on a server that has nothing, and gives these answers, one for each `PUT`.
async fn put_answered_by(answers: &[u16]) -> Result<(), StoreError> {
    let server = serve(answers.to_vec()).await;
    let settings = S3Settings::new("bucket")
        .endpoint(format!("http://{server}"))
        .credentials("hub", "secret")
        .dangerously_without_tls();
    let store = BucketStore::s3(&settings).unwrap();
    let value = Bytes::from_static(b"value");
    store.put("key", value, Expect::Absent).await.map(drop)
}

async fn serve(answers: Vec<u16>) -> SocketAddr {
    let answers = Arc::new(Mutex::new(answers.into_iter()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let answers = Arc::clone(&answers);
            let answer = service_fn(move |request: Request<Incoming>| {
                let status = match *request.method() {
                    Method::PUT => answers.lock().unwrap().next().unwrap(),
                    _ => 404,
                };
                async move { Ok::<_, Infallible>(answer(status)) }
            });
            let connection = http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(socket), answer));
        }
    });
    address
}

fn answer(status: u16) -> Response<Body> {
    let answer = Response::builder().status(status).header("ETag", "\"tag\"");
    answer.body(Body::empty()).unwrap()
}
