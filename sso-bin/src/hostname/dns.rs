//! Asking DNS, with bounds: a resolver that is silent must not make anybody wait.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use rustls_pki_types::CertificateDer;
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use sso_core::cert::HostName;
use tokio::net::UdpSocket;
use url::Url;

use super::{Answers, Names};
use crate::address;
use crate::cli::pinned;
use crate::failure::root_cause;

/// The DNS servers of this machine, its file of hosts, and the network.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to set")]
pub struct RealNames;

#[async_trait]
impl Names for RealNames {
    async fn answers(&self, host: &HostName) -> Answers {
        if let Some(address) = host.address() {
            return of_address(address);
        }
        let text = std::fs::read_to_string(RESOLVERS).unwrap_or_default();
        let mut answers = ask_all(&resolvers(&text), &host.ascii()).await;
        add_own(&mut answers, &host.ascii()).await;
        answers
    }

    fn here(&self) -> BTreeSet<IpAddr> {
        address::of_this_machine()
    }

    async fn shows(
        &self,
        host: &HostName,
        address: SocketAddr,
        certificate: CertificateDer<'static>,
    ) -> Result<(), String> {
        let failed = |error: &dyn std::error::Error| root_cause(error);
        let tls = pinned::client_config(certificate).map_err(|error| failed(&error))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .resolve(&host.ascii(), address)
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| failed(&error))?;
        let url = format!("https://{}:{}/ping", host.in_url(), address.port());
        let url = Url::parse(&url).map_err(|error| failed(&error))?;
        let asked = client.get(url).send().await;
        asked.map(drop).map_err(|error| failed(&error))
    }
}

fn of_address(address: IpAddr) -> Answers {
    let mut answers = Answers::default();
    match address {
        IpAddr::V4(_) => answers.a.push(address),
        IpAddr::V6(_) => answers.aaaa.push(address),
    }
    answers
}

/// What the system would answer to a program: its file of hosts counts too.
async fn add_own(answers: &mut Answers, host: &str) {
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host, 0))).await;
    let Ok(Ok(found)) = found else { return };
    for address in found.map(|it| it.ip()) {
        let list = match address {
            IpAddr::V4(_) => &mut answers.a,
            IpAddr::V6(_) => &mut answers.aaaa,
        };
        if !list.contains(&address) {
            list.push(address);
        }
    }
}

/// The first server that answers is believed.
async fn ask_all(servers: &[SocketAddr], host: &str) -> Answers {
    let mut answers = Answers::default();
    let mut trouble = vec![format!("{RESOLVERS} names no DNS server")];
    for server in servers {
        answers.asked.push(server.to_string());
        match ask_both(*server, host, &mut answers).await {
            Ok(()) => return answers,
            Err(error) if answers.asked.len() == 1 => trouble = vec![error],
            Err(error) => trouble.push(error),
        }
    }
    answers.trouble = Some(trouble.join("; "));
    answers
}

async fn ask_both(server: SocketAddr, host: &str, answers: &mut Answers) -> Result<(), String> {
    for kind in [TYPE::A, TYPE::AAAA] {
        let reply = ask(server, host, kind).await?;
        let packet = Packet::parse(&reply).map_err(|_| not_understood(server))?;
        match packet.rcode() {
            RCODE::NoError => take(&packet, answers),
            RCODE::NameError => {
                answers.trouble = Some(format!("{server} knows no name {host}"));
                return Ok(());
            }
            other => return Err(format!("{server} refuses to answer ({other:?})")),
        }
    }
    Ok(())
}

fn take(packet: &Packet<'_>, answers: &mut Answers) {
    for record in &packet.answers {
        match &record.rdata {
            RData::A(a) => answers.a.push(Ipv4Addr::from(a.address).into()),
            RData::AAAA(aaaa) => answers.aaaa.push(Ipv6Addr::from(aaaa.address).into()),
            RData::CNAME(name) => {
                let name = name.0.to_string();
                if !answers.cname.contains(&name) {
                    answers.cname.push(name);
                }
            }
            _ => {}
        }
    }
}

/// Asks twice: one datagram may be lost.
async fn ask(server: SocketAddr, host: &str, kind: TYPE) -> Result<Vec<u8>, String> {
    let silent = || {
        format!(
            "{server} does not answer within {} seconds",
            PATIENCE.as_secs()
        )
    };
    for _ in 0..2 {
        let exchange = exchange(server, host, kind);
        if let Ok(reply) = tokio::time::timeout(PATIENCE / 2, exchange).await {
            return reply.map_err(|error| format!("{server}: {error}"));
        }
    }
    Err(silent())
}

async fn exchange(server: SocketAddr, host: &str, kind: TYPE) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await.map_err(failed)?;
    socket.connect(server).await.map_err(failed)?;
    let id = fastrand::u16(..);
    let question = question(id, host, kind)?;
    socket.send(&question).await.map_err(failed)?;
    let mut reply = vec![0; LONGEST_REPLY];
    loop {
        let length = socket.recv(&mut reply).await.map_err(failed)?;
        let read = reply.get(..length).unwrap_or_default();
        if Packet::parse(read).is_ok_and(|packet| packet.id() == id) {
            return Ok(read.to_vec());
        }
    }
}

fn question(id: u16, host: &str, kind: TYPE) -> Result<Vec<u8>, String> {
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(host)
        .map_err(|error| error.to_string())?
        .into_owned();
    let (kind, class) = (QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN));
    packet
        .questions
        .push(Question::new(name, kind, class, false));
    packet.build_bytes_vec().map_err(|error| error.to_string())
}

/// The servers that `resolv.conf` names.
fn resolvers(text: &str) -> Vec<SocketAddr> {
    let named = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"));
    let addresses = named.filter_map(|address| address.trim().parse::<IpAddr>().ok());
    addresses
        .map(|address| SocketAddr::new(address, 53))
        .take(MOST_SERVERS)
        .collect()
}

fn not_understood(server: SocketAddr) -> String {
    format!("{server} answers something that is not DNS")
}

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// As many as other programs ask.
const MOST_SERVERS: usize = 3;

const LONGEST_REPLY: usize = 4096;
const RESOLVERS: &str = "/etc/resolv.conf";

#[cfg(test)]
mod tests {
    use simple_dns::ResourceRecord;
    use simple_dns::rdata::{A, CNAME};

    use super::*;

    #[test]
    fn the_servers_of_this_machine_are_read() {
        let text = "search x\nnameserver 192.0.2.1\n nameserver\t::1\n# nameserver 1.1.1.1\nnameserver x\n";
        let read: Vec<_> = resolvers(text).iter().map(ToString::to_string).collect();
        assert_eq!(read, ["192.0.2.1:53", "[::1]:53"]);
    }

    #[tokio::test]
    async fn what_a_server_answers_is_told_with_the_way_there() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        tokio::spawn(async move {
            for _ in 0..2 {
                let mut asked = vec![0; 512];
                let (length, from) = server.recv_from(&mut asked).await.unwrap();
                let reply = reply(&asked[..length]);
                server.send_to(&reply, from).await.unwrap();
            }
        });
        let answers = ask_all(&[address], "sso.example.com").await;
        assert_eq!(answers.cname, ["lb.example.com"]);
        assert_eq!(answers.a, ["192.0.2.7".parse::<IpAddr>().unwrap()]);
        assert_eq!(answers.trouble, None);
    }

    /// Waits for seconds, since that is what is promised.
    #[tokio::test]
    async fn a_server_that_is_silent_is_said_to_be_and_the_next_is_asked() {
        let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = silent.local_addr().unwrap();
        let answers = ask_all(&[address, address], "sso.example.com").await;
        assert_eq!(answers.asked.len(), 2);
        let trouble = answers.trouble.unwrap();
        assert!(
            trouble.contains("does not answer within 3 seconds"),
            "{trouble}"
        );
        assert_eq!(answers.a, Vec::<IpAddr>::new());
    }

    fn reply(asked: &[u8]) -> Vec<u8> {
        let asked = Packet::parse(asked).unwrap();
        let question = asked.questions.first().unwrap();
        let mut reply = Packet::new_reply(asked.id());
        let record = |name, rdata| ResourceRecord::new(name, CLASS::IN, 60, rdata);
        if question.qtype == QTYPE::TYPE(TYPE::A) {
            let lb = Name::new("lb.example.com").unwrap();
            let alias = RData::CNAME(CNAME(lb.clone()));
            reply.answers.push(record(question.qname.clone(), alias));
            let address = "192.0.2.7".parse::<Ipv4Addr>().unwrap();
            reply.answers.push(record(lb, RData::A(A::from(address))));
        }
        reply.build_bytes_vec().unwrap()
    }
}
