//! Hearing what other processes have written.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use sso_core::BoxError;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, Config};

use super::link::Link;
use super::settings::Resolved;
use super::tell::{self, News};
use super::tls::Tls;
use super::watch::{Board, Task};

/// What it takes to listen.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    config: Config,
    tls: Tls,
    connect_timeout: Duration,
}

impl Listener {
    /// With the same settings as every connection.
    pub(super) fn new(settings: &Resolved) -> Self {
        Self {
            config: settings.config.clone(),
            tls: settings.tls.clone(),
            connect_timeout: settings.connect_timeout,
        }
    }

    /// Connects, listens, and makes sure by a trial that something is heard: behind a pooler that
    /// hands out transactions, nothing is.
    async fn start(&self, link: &Link) -> Result<Ear, Deaf> {
        let mut ear = self.connect().await.map_err(|_| Deaf::ForAMoment)?;
        let trial = timeout(self.connect_timeout, ear.listen(link)).await;
        match trial {
            Ok(Ok(())) => Ok(ear),
            Ok(Err(_)) => Err(Deaf::ForAMoment),
            Err(_) => {
                ear.give_up(self.connect_timeout).await;
                Err(Deaf::ByNature)
            }
        }
    }

    async fn connect(&self) -> Result<Ear, BoxError> {
        let connecting = self.config.connect(self.tls.clone());
        let (client, mut connection) = timeout(self.connect_timeout, connecting).await??;
        let (sender, heard) = mpsc::channel(MAX_WAITING);
        let connection = Task(tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await
            {
                if let AsyncMessage::Notification(said) = message
                    && sender.send(said.payload().to_owned()).await.is_err()
                {
                    break;
                }
            }
        }));
        Ok(Ear {
            client,
            heard,
            _connection: connection,
        })
    }
}

/// Why nothing is heard.
enum Deaf {
    /// What others say does not arrive here.
    ByNature,
    /// The server is away.
    ForAMoment,
}

/// A connection that listens.
struct Ear {
    client: Client,
    heard: mpsc::Receiver<String>,
    _connection: Task,
}

impl Ear {
    /// Says something that nobody else says, on another connection, and waits for it.
    async fn listen(&mut self, link: &Link) -> Result<(), BoxError> {
        let listen = format!("LISTEN {}", link.schema());
        self.client.batch_execute(&listen).await?;
        let trial = trial()?;
        tell::tell(link, std::slice::from_ref(&trial)).await?;
        while let Some(text) = self.heard.recv().await {
            if text == trial {
                return Ok(());
            }
        }
        Err("the connection was lost".into())
    }

    /// Passes on all that is heard, until the connection is lost.
    async fn pass_on(mut self, board: &Board) {
        while let Some(text) = self.heard.recv().await {
            if let Some(news) = News::read(&text) {
                board.post(news);
            }
        }
    }

    /// A pooler would go on to listen, for nobody.
    async fn give_up(self, limit: Duration) {
        let _ = timeout(limit, self.client.batch_execute("UNLISTEN *")).await;
    }
}

fn trial() -> Result<String, BoxError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "there is no randomness")?;
    Ok(format!("trial {:032x}", u128::from_be_bytes(bytes)))
}

/// Listens for ever, on a new connection whenever one is lost.
pub(super) async fn run(listener: Listener, link: Arc<Link>, board: Arc<Board>) {
    let mut pause = FIRST_PAUSE;
    loop {
        match listener.start(&link).await {
            Ok(ear) => {
                pause = FIRST_PAUSE;
                board.hears();
                ear.pass_on(&board).await;
                board.hears_nothing();
            }
            Err(Deaf::ByNature) => pause = NEXT_TRIAL,
            Err(Deaf::ForAMoment) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
        sleep(pause).await;
    }
}

/// Words that may wait; the server keeps the others meanwhile.
const MAX_WAITING: usize = 1024;

/// Pauses between a lost connection and the next, and between two trials in vain.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const NEXT_TRIAL: Duration = Duration::from_secs(600);
