//! Many people at once, and one response many times at once.

use http::StatusCode;

use crate::server::{TestServer, post_response, respond};

#[tokio::test(flavor = "multi_thread")]
async fn many_people_sign_in_at_once() {
    let server = std::sync::Arc::new(TestServer::start());
    let people: Vec<_> = (0..32)
        .map(|_| {
            let server = server.clone();
            tokio::spawn(async move {
                let mut browser = server.signed_in().await;
                browser.get("/sso-connect/session").await.status
            })
        })
        .collect();
    for person in people {
        assert_eq!(person.await.unwrap(), StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pro_23_of_one_response_posted_many_times_at_once_one_signs_in() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "").await;
    let response = respond(&server.idp, &request);
    let posts: Vec<_> = (0..16)
        .map(|_| {
            let (mut browser, response, request) =
                (browser.clone(), response.clone(), request.clone());
            tokio::spawn(async move {
                post_response(&mut browser, &response, &request)
                    .await
                    .status
            })
        })
        .collect();
    let mut signed_in = 0;
    for post in posts {
        match post.await.unwrap() {
            StatusCode::SEE_OTHER => signed_in += 1,
            status => assert_eq!(status, StatusCode::FORBIDDEN),
        }
    }
    assert_eq!(signed_in, 1);
}
