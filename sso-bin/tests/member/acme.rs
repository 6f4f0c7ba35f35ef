//! Certificates that an authority issues by itself, for a server by itself and for all servers of a
//! domain.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use sso_core::cert::{Description, Validity};

use crate::authority::{
    Authority, Balancer, HOST, Line, certificate, certificate_at, own_certificate, redirect_to,
};
use crate::domain::{Domain, free_port};
use crate::process::{Process, give, give_any};
use crate::stories::{until, until_in};

#[tokio::test]
async fn an_authority_issues_the_certificate_by_itself_and_issues_it_anew() {
    let port = free_port();
    let authority = Authority::that_asks_at(port, free_port()).await;
    let server = authority.server("server", port, "tls-alpn-01");
    let root = authority.root().await;
    until(async || certificate(&server, &root).is_some()).await;
    let first = certificate(&server, &root).unwrap();
    assert_eq!(Description::of(&first).unwrap().names, [HOST]);

    let folder = authority.guard.path().join("server");
    let acme = |word: &str| give(&folder, &["certificate", "acme", word]);
    until(async || acme("status").contains("It is renewed at 20")).await;
    let sealed = fs::read(folder.join("keys/acme.sealed")).unwrap();
    assert!(
        !sealed
            .windows(7)
            .any(|it| it == b"account" || it == b"PRIVATE")
    );
    acme("now");
    until(async || certificate(&server, &root).is_some_and(|it| it != first)).await;
}

#[tokio::test]
async fn what_the_authority_objects_to_is_said_with_the_way_out() {
    let authority = Authority::that_asks_at(free_port(), free_port()).await;
    let _server = authority.server("server", free_port(), "tls-alpn-01");
    let folder = authority.guard.path().join("server");
    let status = || give(&folder, &["certificate", "acme", "status"]);
    until(async || status().contains("The last attempt failed")).await;
    let said = status();
    for expected in [
        "Nothing was issued yet.",
        "the authority could not see that the name is ours: sso.example.com: ",
        "It is tried again at 20",
        "sso-connect certificate acme renew",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[tokio::test]
async fn an_authority_that_asks_by_http_is_led_to_the_public_address_and_a_new_name_joins_the_old()
{
    let port = free_port();
    let authority = Authority::that_asks_at(free_port(), redirect_to(port)).await;
    let mut server = authority.server("server", port, "http-01");
    let root = authority.root().await;
    until(async || certificate(&server, &root).is_some()).await;
    let first = certificate(&server, &root).unwrap();

    let folder = authority.guard.path().join("server");
    let check = ["hostname", "check", "new.example.com", "--output", "json"];
    let checked = give_any(&folder, &check).stdout;
    let checked: serde_json::Value = serde_json::from_slice(&checked).unwrap();
    let until_then = Validity::of(&first).unwrap().until.to_string();
    assert_eq!(checked["certificate"]["until"], until_then, "{checked}");

    let change = ["hostname", "change", "new.example.com", "--anyway", "--yes"];
    give(&folder, &change);
    server.restart(
        &folder,
        &["serve", "--listen", &format!("127.0.0.1:{port}")],
    );
    let new = || certificate_at("new.example.com", &server, &root);
    until(async || new().is_some()).await;
    let second = new().unwrap();
    let names = Description::of(&second).unwrap().names;
    assert!(
        names.contains(&HOST.into()) && names.len() == 2,
        "{names:?}"
    );
    assert_eq!(certificate(&server, &root), Some(second));
}

#[tokio::test]
async fn the_servers_of_a_domain_order_once_and_all_serve_it_without_a_dropped_connection() {
    let servers = Servers::of_a_domain();
    let balancer = Balancer::start();
    let authority = Authority::that_asks_at(balancer.port, free_port()).await;
    let root = authority.root().await;
    let all = servers.all();
    balancer.lead_to(&all.map(|it| it.address));
    let crowd = Crowd::at(&all.map(|it| it.address), &servers.trusting(&root));

    let said = servers.domain.give(
        "two",
        &authority.words(authority.address().port(), "tls-alpn-01"),
    );
    assert!(said.contains("Saved as revision 2"), "{said}");
    for server in all {
        until(async || certificate(server, &root).is_some()).await;
    }
    let certificates = all.map(|it| certificate(it, &root));
    assert_eq!(certificates[0], certificates[1]);
    assert_eq!(certificates[0], certificates[2]);
    for name in NAMES {
        until(async || servers.status(name).contains("It is renewed at 20")).await;
    }
    assert_eq!(authority.orders(), 1);
    give(
        &servers.domain.folder("three"),
        &["certificate", "acme", "renew"],
    );
    for server in all {
        let renewed =
            || certificate(server, &root).filter(|it| Some(it) != certificates[0].as_ref());
        until(async || renewed().is_some()).await;
    }
    let renewed = all.map(|it| certificate(it, &root));
    assert!(renewed.iter().all(|it| *it == renewed[0]));
    assert_eq!(authority.orders(), 2);
    crowd.end();
}

#[tokio::test]
async fn a_server_that_dies_while_it_orders_is_replaced_and_without_the_hub_nothing_is_ordered() {
    let mut servers = Servers::of_a_domain();
    let (way, public) = (Balancer::start(), Balancer::start());
    let authority = Authority::that_asks_at(free_port(), redirect_to(public.port)).await;
    let root = authority.root().await;
    // The authority does not answer yet, so whoever orders waits.
    servers
        .domain
        .give("two", &authority.words(way.port, "http-01"));
    let orders = |name: &str| {
        servers
            .status(name)
            .contains("orders a certificate just now")
    };
    until(async || orders("one")).await;
    let said = servers.status("one");
    let holder = NAMES
        .into_iter()
        .find(|it| said.contains(&format!("{it} orders")));
    let holder = holder.expect("somebody orders");
    servers.kill(holder);
    let left: Vec<_> = NAMES.into_iter().filter(|it| *it != holder).collect();
    let processes: Vec<_> = left.iter().map(|it| servers.named(it)).collect();
    way.lead_to(&[authority.address()]);
    public.lead_to(&processes.iter().map(|it| it.address).collect::<Vec<_>>());
    for server in &processes {
        let minutes = Duration::from_mins(3);
        until_in(minutes, async || certificate(server, &root).is_some()).await;
    }
    let certificates: Vec<_> = processes.iter().map(|it| certificate(it, &root)).collect();
    assert_eq!(certificates[0], certificates[1]);
    assert_eq!(authority.orders(), 1);

    servers.domain.lose_hub();
    let is_told = |name: &str| {
        servers
            .status(name)
            .contains("Nothing is ordered meanwhile")
    };
    until(async || is_told(left[0])).await;
    let renew = ["certificate", "acme", "renew"];
    let refused = give_any(&servers.domain.folder(left[0]), &renew);
    assert!(!refused.status.success());
    assert_eq!(authority.orders(), 1);
}

/// A hub, and three servers behind one name.
struct Servers {
    domain: Domain,
    three: Option<Process>,
    own: CertificateDer<'static>,
}

impl Servers {
    fn of_a_domain() -> Self {
        let mut own = None;
        let domain = Domain::of_prepared_servers(|one, _| {
            rename(one);
            own = Some(own_certificate(one));
        });
        let enrolment = domain.enrolment("three");
        give(&domain.folder("three"), &enrolment);
        let three = Some(domain.serve("three"));
        let own = own.unwrap();
        Self { domain, three, own }
    }

    fn all(&self) -> [&Process; 3] {
        let three = self.three.as_ref().unwrap();
        [&self.domain.one, &self.domain.two, three]
    }

    fn trusting(&self, root: &CertificateDer<'static>) -> Vec<CertificateDer<'static>> {
        vec![self.own.clone(), root.clone()]
    }

    fn status(&self, name: &str) -> String {
        let status = ["certificate", "acme", "status"];
        let output = give_any(&self.domain.folder(name), &status);
        String::from_utf8(output.stdout).unwrap()
    }

    fn named(&self, name: &str) -> &Process {
        let [one, two, three] = self.all();
        match name {
            "one" => one,
            "two" => two,
            _ => three,
        }
    }

    /// A server loses its power.
    fn kill(&mut self, name: &str) {
        match name {
            "one" => self.domain.one.end(),
            "two" => self.domain.two.end(),
            _ => self.three.as_mut().unwrap().end(),
        }
    }
}

fn rename(folder: &Path) {
    let file = folder.join("config.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("localhost", HOST)).unwrap();
}

/// Clients that come all the time, and some that stay.
struct Crowd {
    is_over: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<()>>,
}

impl Crowd {
    fn at(servers: &[SocketAddr], trusted: &[CertificateDer<'static>]) -> Self {
        let (is_over, done) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let mut clients = Vec::new();
        for server in servers {
            let connect = {
                let (server, trusted) = (*server, trusted.to_vec());
                move || Line::to(HOST, server, &trusted).unwrap()
            };
            let mut stays = connect();
            let comes = move || connect().ping().unwrap();
            clients.push(again(&is_over, &done, comes));
            clients.push(again(&is_over, &done, move || stays.ping().unwrap()));
        }
        Self {
            is_over,
            done,
            clients,
        }
    }

    /// Nobody met anything.
    fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.join().unwrap();
        }
        assert!(self.done.load(Ordering::Relaxed) > 0);
    }
}

/// Does it until it is over.
fn again(
    is_over: &Arc<AtomicBool>,
    done: &Arc<AtomicUsize>,
    mut act: impl FnMut() + Send + 'static,
) -> JoinHandle<()> {
    let (is_over, done) = (Arc::clone(is_over), Arc::clone(done));
    thread::spawn(move || {
        while !is_over.load(Ordering::Relaxed) {
            act();
            done.fetch_add(1, Ordering::Relaxed);
            thread::park_timeout(Duration::from_millis(50));
        }
    })
}

const NAMES: [&str; 3] = ["one", "two", "three"];
