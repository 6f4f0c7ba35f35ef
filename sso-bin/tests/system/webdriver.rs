//! Chromium through the WebDriver protocol (W3C WebDriver), by its JSON.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    browserless,
    program::{Program, free_port},
};

/// A headless Chromium with a profile of its own. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Chromium {
    client: Client,
    session: String,
    browser: u64,
    _driver: Program,
    _profile: TempDir,
}

/// An open tab.
#[derive(Clone, Debug)]
pub(crate) struct Tab(String);

impl Chromium {
    /// Starts a browser; `preferences` are those of Chromium's profile.
    pub(crate) async fn start(preferences: Value) -> Self {
        browserless::use_one_crypto_provider();
        let client = Client::builder().tls_certs_only([]).build().unwrap();
        let profile = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut driver = Program::start(
            Command::new("chromedriver").arg(format!("--port={port}")),
            &profile.path().join("log"),
        );
        let root = format!("http://127.0.0.1:{port}");
        let status = format!("{root}/status");
        driver
            .until(async || client.get(&status).send().await.ok())
            .await;

        let wish = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            // The certificate is self-signed, as on the day of an installation.
            "acceptInsecureCerts": true,
            "goog:chromeOptions": {
                "args": [
                    "--headless=new",
                    // Containers run the tests as root, and with a small /dev/shm.
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    "--host-resolver-rules=MAP localhost 127.0.0.1",
                    format!("--user-data-dir={}", profile.path().join("profile").display()),
                ],
                "prefs": preferences,
            },
        } } });
        let session = call(&client, Method::POST, &format!("{root}/session"), &wish)
            .await
            .unwrap();
        let id = session["sessionId"].as_str().unwrap();
        Self {
            session: format!("{root}/session/{id}"),
            browser: session["capabilities"]["goog:processID"].as_u64().unwrap(),
            client,
            _driver: driver,
            _profile: profile,
        }
    }

    /// Opens an address in the current tab and waits until it has loaded.
    pub(crate) async fn open(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    /// The address in the current tab.
    pub(crate) async fn url(&self) -> String {
        self.get("url").await.as_str().unwrap().to_owned()
    }

    /// Goes one page back.
    pub(crate) async fn back(&self) {
        self.post("back", json!({})).await;
    }

    /// Waits until the address begins with `prefix`.
    pub(crate) async fn until_at(&self, prefix: &str) {
        let there = async || self.url().await.starts_with(prefix).then_some(());
        self.until(&format!("at {prefix}"), there).await;
    }

    /// Waits until the page shows `text`.
    pub(crate) async fn until_shown(&self, text: &str) {
        let shown = async || self.text().await.contains(text).then_some(());
        self.until(&format!("{text:?} shown"), shown).await;
    }

    /// What the page shows; nothing while one page gives way to the next.
    pub(crate) async fn text(&self) -> String {
        let script = json!({ "script": "return document.body?.innerText ?? ''", "args": [] });
        let url = format!("{}/execute/sync", self.session);
        let shown = call(&self.client, Method::POST, &url, &script).await;
        shown
            .ok()
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// Types into the field that the CSS selector names.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.post(&format!("element/{element}/value"), json!({ "text": text }))
            .await;
    }

    /// Clicks on what the CSS selector names.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.post(&format!("element/{element}/click"), json!({}))
            .await;
    }

    /// The tab in front.
    pub(crate) async fn tab(&self) -> Tab {
        Tab(self.get("window").await.as_str().unwrap().to_owned())
    }

    /// Opens another tab and brings it to the front.
    pub(crate) async fn new_tab(&self) -> Tab {
        let window = self.post("window/new", json!({ "type": "tab" })).await;
        let tab = Tab(window["handle"].as_str().unwrap().to_owned());
        self.switch_to(&tab).await;
        tab
    }

    /// Brings a tab to the front.
    pub(crate) async fn switch_to(&self, tab: &Tab) {
        self.post("window", json!({ "handle": tab.0 })).await;
    }

    /// Loses the cookies of the host `localhost`, and no others.
    pub(crate) async fn forget_cookies_of_localhost(&self) {
        let all = self.devtools("Storage.getCookies", json!({})).await;
        let mine = all["cookies"].as_array().unwrap().iter();
        for cookie in mine.filter(|it| it["domain"] == "localhost") {
            let name = json!({ "name": cookie["name"], "domain": "localhost" });
            self.devtools("Network.deleteCookies", name).await;
        }
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post(
            "goog/cdp/execute",
            json!({ "cmd": command, "params": parameters }),
        )
        .await
    }

    /// Waits until the page has what the CSS selector names.
    async fn find(&self, selector: &str) -> String {
        let by = json!({ "using": "css selector", "value": selector });
        let url = format!("{}/element", self.session);
        let found = async || call(&self.client, Method::POST, &url, &by).await.ok();
        let element = self.until(&format!("{selector} on the page"), found).await;
        element[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Waits until there is an answer.
    ///
    /// # Panics
    ///
    /// With `what` and the page, if there is none within [`PATIENCE`].
    pub(crate) async fn until<T>(&self, what: &str, answer: impl AsyncFn() -> Option<T>) -> T {
        let waiting = async {
            loop {
                match answer().await {
                    Some(answer) => return answer,
                    None => tokio::time::sleep(PACE).await,
                }
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(answer) => answer,
            Err(_) => panic!(
                "never {what}; at {}:\n{}",
                self.url().await,
                self.text().await
            ),
        }
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("{}/{path}", self.session);
        call(&self.client, Method::GET, &url, &Value::Null)
            .await
            .unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/{path}", self.session);
        call(&self.client, Method::POST, &url, &body).await.unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser outlives its driver, which is ended next.
        let kill = format!("kill -KILL {}", self.browser);
        let _ = Command::new("sh")
            .args(["-c", &kill])
            .stderr(Stdio::null())
            .status();
    }
}

/// The value of the answer, or the error object of the protocol (WebDriver, 6.6).
async fn call(client: &Client, method: Method, url: &str, body: &Value) -> Result<Value, Value> {
    let mut request = client.request(method, url);
    if !body.is_null() {
        request = request.body(body.to_string());
    }
    let answer = request.send().await.unwrap().text().await.unwrap();
    let mut answer: Value = serde_json::from_str(&answer).unwrap();
    let value = answer["value"].take();
    if value["error"].is_null() {
        Ok(value)
    } else {
        Err(value)
    }
}

/// The key that sends a form (WebDriver, 17.4.2).
pub(crate) const ENTER: char = '\u{E007}';

/// How the protocol marks a reference to an element (WebDriver, 12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

const PATIENCE: Duration = Duration::from_secs(30);

const PACE: Duration = Duration::from_millis(50);
