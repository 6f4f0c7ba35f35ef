//! What happens, and what is to hold all the same. Only root may make the machines.

use crate::accident::{Accident, Dice};
use crate::crowd::Crowd;
use crate::site::{Keeping, Site};

#[tokio::test(flavor = "multi_thread")]
async fn accidents_fail_no_sign_in_and_lose_nobody() {
    let mut dice = Dice::thrown();
    let mut site = Site::new(Keeping::InOneFile);
    let crowd = Crowd::of(&site);
    crowd.everybody_is_known_everywhere(&site).await;
    let signing_in = crowd.begin();
    for number in 0..dice.accidents(10) {
        let accident = Accident::of(&mut dice);
        println!("{number}: {accident:?}");
        accident.befall(&mut site).await;
        crowd.somebody_new(number).await;
    }
    signing_in.end().await;
    crowd.everybody_is_the_same_everywhere(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_started_anew_under_the_hub_fails_no_sign_in() {
    let mut site = Site::new(Keeping::InPostgres);
    let crowd = Crowd::of(&site);
    crowd.everybody_is_known_everywhere(&site).await;
    let signing_in = crowd.begin();
    for number in 0..2 {
        site.restart_the_database();
        crowd.somebody_new(number).await;
        site.until_all_are_level().await;
    }
    signing_in.end().await;
    crowd.everybody_is_the_same_everywhere(&site).await;
}

/// Two who save different things at once both get their way; of two who save the same thing, one
/// does, and the other knows.
#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_save_at_once_on_two_servers() {
    let site = Site::new(Keeping::InOneFile);
    for server in site.servers() {
        site.log_in(server);
    }
    let [one, two] = site.servers();
    for round in 1..=3 {
        let life = format!("{round}h");
        let skew = format!("{round}m");
        let (left, right) = tokio::join!(one.set("session_lifetime", &life), two.set(SKEW, &skew));
        assert!(
            left.status.success() && right.status.success(),
            "{left:?} {right:?}"
        );
        for server in site.servers() {
            site.until(async || server.holds("session_lifetime", &life))
                .await;
            site.until(async || server.holds(SKEW, &skew)).await;
        }
    }
    let (left, right) = tokio::join!(
        one.set("session_lifetime", "7h"),
        two.set("session_lifetime", "8h")
    );
    let won = [&left, &right].map(|output| output.status.success());
    assert!(won[0] || won[1], "{left:?} {right:?}");
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    for (lost, output) in won.iter().map(|won| !won).zip([&left, &right]) {
        assert!(
            !lost || said(output).contains("session_lifetime"),
            "{output:?}"
        );
    }
    site.until(async || {
        let holds = |value| {
            site.servers()
                .iter()
                .all(|it| it.holds("session_lifetime", value))
        };
        (won[0] && holds("7h")) || (won[1] && holds("8h"))
    })
    .await;
}

const SKEW: &str = "identity_providers.work.clock_skew";
