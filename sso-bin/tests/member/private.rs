//! What is one machine's own never leaves it: looked at before it is sealed.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use clap::Parser as _;
use sso_bin::args::Cli;
use sso_bin::cli::{self, Context};
use sso_bin::data_dir::DataDir;
use sso_bin::domain::DomainSettings;
use sso_bin::local_settings::LocalSettings;
use sso_sync::testkit::tap;

use crate::domain::Founding;
use crate::stories::until;

#[tokio::test(flavor = "multi_thread")]
async fn neither_private_address_nor_port_is_in_anything_that_is_made_for_the_hub() {
    let founding = Founding::prepare();
    let root = founding.folder("one");
    let free = TcpListener::bind("127.45.67.89:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let settings = format!("private_ip = \"127.45.67.89\"\nprivate_port = {port}\n");
    fs::write(root.join("local.toml"), settings).unwrap();
    tap::open();

    command(&root, &founding.words()).await;
    let login = founding.login_words();
    command(&root, &login).await;
    command(&root, &words("config set session_lifetime 4h --yes")).await;
    let dir = DataDir::open(&root).unwrap();
    let local = LocalSettings::load(&dir).unwrap();
    let domain = DomainSettings::load(&dir).unwrap().unwrap();
    let listener = TcpListener::bind(local.listen()).unwrap();
    let running = cli::start_member(&dir, &local, &domain, listener)
        .await
        .unwrap();
    assert_eq!(
        running.address().to_string(),
        format!("127.45.67.89:{port}")
    );
    let mut browser = founding.domain_browser(running.address());
    let answer = founding.sign_in(&mut browser, "alice").await;
    assert!(answer.status.is_redirection(), "{}", answer.body);
    command(&root, &words("servers list")).await;
    command(&root, &words("tokens mint")).await;
    // The user, the configuration and a beat have been seen: the tap is at the right place.
    until(async || {
        let seen = tap::all();
        let has = |needle: &[u8]| seen.iter().any(|it| contains(it, needle));
        has(b"session_lifetime") && has(b"alice") && has(b"level") && has(b"one")
    })
    .await;
    running.stop(Duration::ZERO).await.unwrap();

    let port = port.to_string();
    let needles: [&[u8]; 5] = [
        b"127.45.67.89",
        &[127, 45, 67, 89],
        port.as_bytes(),
        b"private_ip",
        b"private_port",
    ];
    let seen = tap::all();
    assert!(seen.len() > 20, "{}", seen.len());
    for (needle, it) in needles
        .iter()
        .flat_map(|needle| seen.iter().map(move |it| (needle, it)))
    {
        let text = String::from_utf8_lossy(it);
        assert!(
            !contains(it, needle),
            "{:?} in {text:?}",
            String::from_utf8_lossy(needle)
        );
    }
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

async fn command(root: &Path, words: &[String]) {
    let words = ["sso-connect"]
        .into_iter()
        .chain(words.iter().map(String::as_str));
    let cli = Cli::try_parse_from(words).unwrap();
    cli::run_in(&Context::of_process(root), &cli.command)
        .await
        .unwrap();
}
