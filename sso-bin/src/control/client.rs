//! The side of the commands.

use std::fmt;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::answer::{DrainOrder, Problem, SettleOrder, SyncOrder};
use super::file::ControlFile;
use super::{
    AcmeReport, DrainReport, ForkReport, Refusal, Report, ServerLine, SyncDone, UserDetail,
    UserLine, Wish,
};
use crate::data_dir::DataDir;
use crate::failure::{Failure, Trouble, root_cause};

/// A connection to the server that runs on a data folder.
#[derive(Clone)]
pub struct Client {
    file: ControlFile,
    http: reqwest::Client,
    start: String,
}

impl Client {
    /// Finds the running server; nobody is asked yet.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the command that starts one, if `control.json` says nothing.
    pub fn open(dir: &DataDir) -> Result<Self, Failure> {
        let start = format!(
            "systemctl start sso-connect, or: sso-connect serve --data-dir {}",
            dir.root().display()
        );
        let Some(file) = ControlFile::read(dir)? else {
            let what = format!("no server runs on {}", dir.root().display());
            return Err(Failure::domain(Trouble::Unreachable, what, start));
        };
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(PATIENCE)
            .build()
            .map_err(|error| Failure::because(root_cause(&error)))?;
        Ok(Self { file, http, start })
    }

    /// Like [`open`](Self::open), and asks whether the server is there: `None` if it is not.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the data folder cannot be used.
    pub async fn find(dir: &DataDir) -> Result<Option<Self>, Failure> {
        let found = match Self::open(dir) {
            Ok(client) => client.report().await.map(|_| client),
            Err(failure) => Err(failure),
        };
        match found {
            Ok(client) => Ok(Some(client)),
            Err(Failure::Domain { .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// How the server is.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if it does not answer.
    pub async fn report(&self) -> Result<Report, Failure> {
        self.ask(
            self.request(Method::GET, &["status"], &[])?
                .timeout(PATIENCE),
        )
        .await
    }

    /// A full sync; it lasts as long as it lasts.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server does not answer, or says why it cannot.
    pub async fn sync(&self, force: bool) -> Result<SyncDone, Failure> {
        self.ask(self.order("sync", &SyncOrder { force })?).await
    }

    /// What is known of two histories of the domain.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server does not answer, or says why it cannot.
    pub async fn fork(&self) -> Result<ForkReport, Failure> {
        self.ask(self.request(Method::GET, &["fork"], &[])?).await
    }

    /// Lets the server go on with the history of the hub, or with its own.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server does not answer, or says why it cannot.
    pub async fn settle(&self, hub: bool) -> Result<(), Failure> {
        self.ask(self.order("fork", &SettleOrder { hub })?).await
    }

    /// Lets the server leave; it serves for `notice` more meanwhile, in whole seconds.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server does not answer, or says why it cannot.
    pub async fn drain(&self, notice: Duration) -> Result<DrainReport, Failure> {
        let notice = notice.as_secs();
        let order = self.order("drain", &DrainOrder { notice })?;
        self.ask(order.timeout(PATIENCE)).await
    }

    /// How far the server is with leaving.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server does not answer.
    pub async fn draining(&self) -> Result<DrainReport, Failure> {
        let question = self.request(Method::GET, &["drain"], &[])?;
        self.ask(question.timeout(PATIENCE)).await
    }

    /// Whether `control.json` of a data folder is still that of this server.
    #[must_use]
    pub fn is_current(&self, dir: &DataDir) -> bool {
        let found = ControlFile::read(dir).ok().flatten();
        found.is_some_and(|found| found.token == self.file.token)
    }

    fn order(&self, path: &str, order: &impl Serialize) -> Result<RequestBuilder, Failure> {
        let body = serde_json::to_vec(order);
        let body = body.map_err(|error| Failure::because(error.to_string()))?;
        let request = self.request(Method::POST, &[path], &[])?;
        Ok(request
            .header("content-type", "application/json")
            .body(body))
    }

    /// One page of the users behind `after`.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server does not answer, or says why it cannot.
    pub async fn users(&self, after: Option<&str>, limit: usize) -> Result<Vec<UserLine>, Failure> {
        let limit = limit.to_string();
        let mut query = vec![("limit", limit.as_str())];
        query.extend(after.map(|after| ("after", after)));
        self.ask(self.request(Method::GET, &["users"], &query)?)
            .await
    }

    /// One user by id, account or e-mail address.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server does not answer, or says why it cannot.
    pub async fn user(&self, wanted: &str) -> Result<Option<UserDetail>, Failure> {
        self.ask(self.request(Method::GET, &["users", wanted], &[])?)
            .await
    }

    /// The servers of the domain.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server does not answer, or says why it cannot.
    pub async fn servers(&self) -> Result<Vec<ServerLine>, Failure> {
        self.ask(self.request(Method::GET, &["servers"], &[])?)
            .await
    }

    /// How it is with the certificate that an authority issues by itself.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server does not answer, or says why it cannot.
    pub async fn acme(&self) -> Result<AcmeReport, Failure> {
        self.ask(self.request(Method::GET, &["acme"], &[])?).await
    }

    /// Has a new certificate ordered.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server does not answer, or says why it cannot.
    pub async fn renew(&self) -> Result<Wish, Failure> {
        self.ask(self.request(Method::POST, &["acme"], &[])?).await
    }

    fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<RequestBuilder, Failure> {
        let base = format!("http://127.0.0.1:{}/", self.file.port);
        let mut url = Url::parse(&base).map_err(|error| Failure::because(error.to_string()))?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(self.http.request(method, url).bearer_auth(&self.file.token))
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let answer = request.send().await.map_err(|error| self.silent(&error))?;
        let refused = !answer.status().is_success();
        let body = answer.bytes().await.map_err(|error| self.silent(&error))?;
        if refused {
            let problem = serde_json::from_slice::<Problem>(&body);
            let problem = problem.map_err(|error| self.silent(&error))?;
            return Err(failure(problem.into_refusal()));
        }
        serde_json::from_slice(&body).map_err(|error| self.silent(&error))
    }

    /// Whoever answers at that port now is not the server that wrote the file.
    fn silent(&self, error: &dyn std::error::Error) -> Failure {
        let what = format!(
            "the server that wrote control.json does not answer any more: {}",
            root_cause(error)
        );
        Failure::domain(Trouble::Unreachable, what, &self.start)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({:?})", self.file)
    }
}

fn failure(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::NoDomain => Failure::refused(
            "this server belongs to no domain",
            "sso-connect enrol --hub URL --domain NAME",
        ),
        Refusal::Unreachable(why) => Failure::domain(
            Trouble::Unreachable,
            format!("the server cannot reach the hub: {why}"),
            "sso-connect status, then mend the network or the hub; sign-ins go on meanwhile",
        ),
        Refusal::Why(why) => Failure::because(why),
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
