//! What a supervisor hears, and what it does not.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use super::{News, SelfCheck, Supervised, Supervisor};

#[tokio::test]
async fn a_program_that_answers_gives_signs_of_life_and_says_how_it_is_once() {
    let (supervised, mut heard) = supervised();
    supervised.ready(Check::new("Running"));
    let work = heard.until(|heard| count(heard, "Alive") >= 3);
    supervised.beside(work).await;
    assert_eq!(count(&heard.all(), "Ready"), 1);
    assert_eq!(count(&heard.all(), "Status(\"Running\")"), 1);
}

#[tokio::test]
async fn a_program_that_does_not_answer_itself_gives_no_sign_of_life() {
    for mute in [Check::stuck(), Check::refusing()] {
        let (supervised, mut heard) = supervised();
        supervised.ready(mute);
        let work = heard.until(|heard| count(heard, "Status(\"Stopped") >= 1);
        supervised.beside(work).await;
        assert_eq!(count(&heard.all(), "Alive"), 0);
    }
}

// With a second thread, so that a sign of life from any other task would be heard.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_holds_its_task_up_gives_no_sign_of_life() {
    let (supervised, mut heard) = supervised();
    supervised.ready(Check::new("Running"));
    let work = async {
        heard.until(|heard| count(heard, "Alive") >= 1).await;
        let before = heard.all();
        block(20 * PACE);
        assert_eq!(heard.all(), before);
    };
    supervised.beside(work).await;
}

#[tokio::test]
async fn a_program_that_waits_is_ready_and_alive() {
    let (supervised, mut heard) = supervised();
    supervised.waits("waits for the domain");
    let work = heard.until(|heard| count(heard, "Alive") >= 2);
    supervised.beside(work).await;
    assert!(
        heard
            .all()
            .contains(&"Status(\"waits for the domain\")".to_owned())
    );
    assert_eq!(count(&heard.all(), "Ready"), 1);
}

#[tokio::test]
async fn a_reload_and_an_end_are_told_in_order() {
    let (supervised, heard) = supervised();
    supervised.reload(async {}).await;
    supervised.stopping(Duration::from_secs(3));
    assert_eq!(heard.all(), ["Reloading", "Ready", "Stopping(3s)"]);
}

/// Holds the thread up, as something that waits for a lock does.
fn block(time: Duration) {
    let (_never, silence) = std::sync::mpsc::channel::<()>();
    let _ = silence.recv_timeout(time);
}

fn supervised() -> (Supervised, Heard) {
    let (told, heard) = watch::channel(Vec::new());
    let supervised = Supervised::by(Arc::new(Listener(told)));
    (supervised, Heard(heard))
}

fn count(heard: &[String], start: &str) -> usize {
    heard.iter().filter(|it| it.starts_with(start)).count()
}

/// What was told, in order.
struct Heard(watch::Receiver<Vec<String>>);

impl Heard {
    fn all(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    async fn until(&mut self, enough: impl FnMut(&Vec<String>) -> bool) {
        let waiting = self.0.wait_for(enough);
        let patience = Duration::from_secs(60);
        let is_enough = tokio::time::timeout(patience, waiting).await.is_ok();
        assert!(is_enough, "{:?}", self.0.borrow());
    }
}

#[derive(Debug)]
struct Listener(watch::Sender<Vec<String>>);

impl Supervisor for Listener {
    fn tell(&self, news: &[News<'_>]) {
        let news = news.iter().map(|it| format!("{it:?}"));
        self.0.send_modify(|told| told.extend(news));
    }

    fn pace(&self) -> Option<Duration> {
        Some(PACE)
    }
}

#[derive(Debug)]
struct Check {
    status: Mutex<Option<String>>,
    answers: Option<bool>,
}

impl Check {
    fn new(status: &str) -> Arc<Self> {
        Self::with(Some(status), Some(true))
    }

    fn stuck() -> Arc<Self> {
        Self::with(None, None)
    }

    fn refusing() -> Arc<Self> {
        Self::with(None, Some(false))
    }

    fn with(status: Option<&str>, answers: Option<bool>) -> Arc<Self> {
        let status = Mutex::new(status.map(str::to_owned));
        Arc::new(Self { status, answers })
    }
}

#[async_trait]
impl SelfCheck for Check {
    async fn answers(&self) -> bool {
        match self.answers {
            Some(answer) => answer,
            None => pending().await,
        }
    }

    async fn summary(&self) -> String {
        let status = self.status.lock().unwrap().clone();
        match status {
            Some(status) => status,
            None => pending().await,
        }
    }
}

const PACE: Duration = Duration::from_millis(5);
