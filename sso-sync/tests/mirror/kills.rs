//! Processes that are killed while they are filled.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sso_sync::mirror::{Mirror, MirrorError, Onward, SqlitePlace};
use sso_sync::store::DomainId;

use crate::world::{PAGE, World};

/// Runs itself again as the process that is killed.
#[tokio::test]
async fn a_mirror_that_is_killed_while_it_is_filled_is_complete_or_says_that_it_is_not() {
    match std::env::var_os(CHILD) {
        Some(folder) => fill_for_ever(Path::new(&folder)).await,
        None => kill_and_look().await,
    }
}

/// Fills, follows and fills again, and tells each step.
async fn fill_for_ever(folder: &Path) {
    let mut world = World::with_users(0..200).await;
    // Every process makes a domain of its own.
    std::fs::write(folder.join("domain"), world.domain().as_bytes()).unwrap();
    let place = Arc::new(SqlitePlace::open(folder).unwrap());
    let mut mirror = world.create(place).await;
    for user in 0.. {
        world.join(&mut mirror).await;
        mirror.begin_filling().await.unwrap();
        for page in world.pages(PAGE).await {
            let filled = mirror.fill(page).await.unwrap();
            world.commit(&[user % 300]).await;
            world.follow(&mut mirror).await;
            tell(&format!("page {}", filled.records));
        }
        mirror.finish_filling(&[]).await.unwrap();
        tell(&format!("complete {}", mirror.follower().head().mark.seq));
        world.commit(&[user % 300]).await;
        world.follow(&mut mirror).await;
        tell(&format!("followed {}", mirror.follower().head().mark.seq));
    }
}

async fn kill_and_look() {
    let mut gone_on = 0;
    for moment in [1, 4, 17, 30, 41, 58] {
        let folder = tempfile::tempdir().unwrap();
        let told = kill_after(folder.path(), moment);
        let followed = told
            .iter()
            .rev()
            .find_map(|it| it.strip_prefix("followed "));
        let domain = std::fs::read(folder.path().join("domain")).unwrap();
        let domain = DomainId::new(domain.try_into().unwrap());
        let place = Arc::new(SqlitePlace::open(folder.path()).unwrap());
        let mut mirror = Mirror::open(place, domain).await.unwrap();
        assert_eq!(mirror.conditions(), []);
        let head = mirror.follower().head().mark.seq.number();
        let acknowledged = followed.map_or(0, |it| it.parse::<u64>().unwrap());
        assert!(head >= acknowledged, "{head} of {acknowledged}");
        mirror.ready().await;
        let audit = mirror.audit().await;
        if mirror.is_complete() {
            let audit = audit.unwrap();
            assert_eq!(audit.differing, Vec::<u8>::new());
            assert_eq!(audit.records, mirror.follower().head().live);
        } else {
            assert!(matches!(audit, Err(MirrorError::Unfilled)), "{audit:?}");
        }
        if let Some(found) = mirror.interrupted_filling().await.unwrap() {
            // The last step was of this filling, or it was before its first page.
            let page = told.last().and_then(|it| it.strip_prefix("page "));
            let acknowledged = page.map_or(1, |it| it.parse::<u64>().unwrap());
            let onward = mirror.go_on_filling(found).unwrap();
            assert_ne!(onward, Onward::Page(None));
            let held = mirror.filling().unwrap().records;
            assert!(held >= acknowledged, "{held} records of {acknowledged}");
            gone_on += 1;
        }
        mirror.begin_filling().await.unwrap();
        mirror.stop_filling().await.unwrap();
        let drafts = std::fs::read_dir(folder.path()).unwrap();
        let names = drafts.map(|it| it.unwrap().file_name().into_string().unwrap());
        let left: Vec<_> = names.filter(|it| it.contains("draft")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    assert!(gone_on > 0, "no moment was in the middle of a filling");
}

/// Starts a process that fills, kills it when it has told so many steps, and answers them all.
fn kill_after(folder: &Path, steps: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", THIS, "--nocapture"])
        .env(CHILD, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| Some(line.strip_prefix(TOLD)?.to_owned()));
    let mut told: Vec<_> = lines.by_ref().take(steps).collect();
    assert_eq!(told.len(), steps, "the child goes on");
    child.kill().unwrap();
    child.wait().unwrap();
    told.extend(lines);
    told
}

fn tell(step: &str) {
    // A line of its own, whatever the test program has written.
    println!("\n{TOLD}{step}");
    std::io::stdout().flush().unwrap();
}

const CHILD: &str = "SSO_SYNC_TEST_FILLS_IN";
const THIS: &str =
    "kills::a_mirror_that_is_killed_while_it_is_filled_is_complete_or_says_that_it_is_not";
const TOLD: &str = "told ";
