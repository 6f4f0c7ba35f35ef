//! Telling other processes what was written.
//!
//! `NOTIFY` makes its transaction wait for all others that do the same, in the whole server. So it
//! is none of those that write: after they have committed, one statement tells of all that has
//! happened since the last.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

use super::link::{Link, Value};
use crate::store::{DomainId, Mark, Seq};

/// What other processes may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// How far a domain has grown.
    Domain(DomainId, Mark),
    /// Keys have changed.
    Keys,
}

impl News {
    /// As other processes read it.
    pub(super) fn write(&self) -> String {
        match self {
            Self::Domain(domain, mark) => {
                format!("{domain} {} {}", mark.statements, mark.seq)
            }
            Self::Keys => KEYS.to_owned(),
        }
    }

    /// What another process wrote; `None` if it makes no sense to us.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text == KEYS {
            return Some(Self::Keys);
        }
        let mut words = text.split(' ');
        let domain = read_domain(words.next()?)?;
        let statements = words.next()?.parse().ok()?;
        let seq = Seq::new(words.next()?.parse().ok()?);
        Some(Self::Domain(domain, Mark { statements, seq }))
    }
}

fn read_domain(text: &str) -> Option<DomainId> {
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    (text.len() == 64).then(|| DomainId::new(bytes))
}

/// News that is still to be told; of each domain, the latest.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    domains: HashMap<DomainId, Mark>,
    keys: bool,
}

impl Outbox {
    /// Adds news, or makes that of a domain newer.
    pub(super) fn put(&self, news: News) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match news {
            News::Domain(domain, mark) => {
                waiting.domains.insert(domain, mark);
            }
            News::Keys => waiting.keys = true,
        }
        self.filled.notify_one();
    }

    /// Waits until there is news, and takes all.
    async fn take(&self) -> Vec<News> {
        self.filled.notified().await;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = std::mem::take(&mut *waiting);
        let domains = waiting.domains.into_iter();
        let domains = domains.map(|(domain, mark)| News::Domain(domain, mark));
        domains.chain(waiting.keys.then_some(News::Keys)).collect()
    }
}

/// Tells, for ever. What cannot be told is found out by those who ask once a second.
pub(super) async fn run(link: Arc<Link>, outbox: Arc<Outbox>) {
    loop {
        let texts: Vec<_> = outbox.take().await.iter().map(News::write).collect();
        let _ = tell(&link, &texts).await;
        sleep(PAUSE).await;
    }
}

/// Says something to all who listen.
pub(super) async fn tell(link: &Link, texts: &[String]) -> Result<(), sso_core::StoreError> {
    let values = [Value::Text(link.schema()), Value::Texts(texts)];
    link.write(TELL, &values).await.map(drop)
}

/// How long news is collected while much is written.
const PAUSE: Duration = Duration::from_millis(10);

const KEYS: &str = "keys";

/// News need not survive a crash, so nobody waits for the disk.
const TELL: &str = "
    SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, text)
    FROM unnest($2) AS text";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_is_read_as_it_was_written() {
        let mark = Mark {
            statements: 3,
            seq: Seq::new(u64::MAX),
        };
        for news in [News::Keys, News::Domain(DomainId::new([0xA5; 32]), mark)] {
            assert_eq!(News::read(&news.write()), Some(news));
        }
    }

    #[test]
    fn what_is_no_news_is_passed_over() {
        let domain = "a5".repeat(32);
        for text in [
            "",
            "key",
            "probe 1",
            &domain,
            &format!("{domain} 1"),
            &format!("{domain}a5 1 1"),
            &format!("{domain} 1 -1"),
            "é 1 1",
        ] {
            assert_eq!(News::read(text), None, "{text}");
        }
    }
}
