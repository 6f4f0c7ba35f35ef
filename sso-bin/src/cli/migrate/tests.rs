use sso_core::UnixTime;

use super::*;
use crate::control::{
    HubReport, KeysReport, Moment, Report, ServerLine, ShownCertificate, SyncReport, TrafficReport,
};
use crate::domain::DomainSettings;
use crate::status::State;

#[test]
fn a_plan_that_is_done_says_so() {
    let plan = Plan::of(&ready());
    insta::assert_snapshot!(plan.text(), @r#"
    Moving the domain example to this server, sso2:

      [x] enrolled       this server is sso2 of the domain example
      [x] address        the server runs, and listens on [::]:8443
      [x] hub            https://hub.example.com answers: what is saved reaches all servers
      [x] version        all 2 servers run 1.0.0
      [x] complete       all 10 of 10 users, digest equal (01234567…)
      [x] configuration  revision 7, https://sso.example.com:8443
      [x] certificate    covers sso.example.com until 2027-04-15T08:00:00Z, shared by all servers
      [x] host-name      https://sso.example.com:8443, and no other
      [x] sign-ins       are possible; the identity provider knows the service by the same addresses as before
      [x] load-balancer  asks /readyz here
      [x] dns            sso.example.com leads to this machine (192.0.2.2)
      [x] tried          3 sign-ins here since the program began
      [x] old-server     the domain has no server sso1 any more

    All 13 steps are done.
    "#);
    assert!(plan.done);
}

#[test]
fn a_plan_names_what_is_missing_and_who_does_it() {
    let mut view = ready();
    view.from = Some("sso1".into());
    view.servers.push(line("sso1", false));
    view.led_to = ["192.0.2.9".parse().unwrap()].into();
    view.former = vec!["https://old.example.com".into()];
    view.servers[0].version = "1.1.0".into();
    let report = view.report.as_mut().unwrap();
    let traffic = report.traffic.as_mut().unwrap();
    traffic.last_asked = Some(Moment(NOW.earlier(std::time::Duration::from_secs(61))));
    traffic.sign_ins = 0;
    let certificate = traffic.certificate.as_mut().unwrap();
    certificate.covers = false;
    certificate.names = vec!["old.example.com".into()];
    let sync = &mut report.hub.as_mut().unwrap().sync;
    sync.complete = false;
    sync.users = 7;
    sync.phase = "filling".into();
    let plan = Plan::of(&view);
    insta::assert_snapshot!(plan.text(), @r#"
    Moving the domain example to this server, sso2:

      [x] enrolled       this server is sso2 of the domain example
      [x] address        the server runs, and listens on [::]:8443
      [x] hub            https://hub.example.com answers: what is saved reaches all servers
      [ ] version        this server runs 1.1.0, sso3 runs 1.0.0, sso1 runs 1.0.0
                         you: install the same version on all of them
      [.] complete       7 of 10 users are here; the rest comes by itself
      [x] configuration  revision 7, https://sso.example.com:8443
      [ ] certificate    is for old.example.com, not for sso.example.com
                         whoever issues certificates: a certificate with its key for the name, then on any server: sso-connect certificate import tls FILE
      [x] host-name      https://sso.example.com:8443; https://old.example.com until it is retired: sso-connect hostname status
      [x] sign-ins       are possible; the identity provider knows the service by the same addresses as before
      [ ] load-balancer  nobody has asked /readyz here in the last minute
                         administrator of the load balancer: add this machine, port 8443, and let it ask /readyz; or take the old server's place in DNS
      [ ] dns            sso.example.com leads to 192.0.2.9, which is not this machine
                         administrator of DNS: if that is no load balancer, let it lead here: 192.0.2.2
      [ ] tried          nobody has signed in here yet
                         you: sign in at https://sso.example.com:8443/sso-connect
      [ ] old-server     sso1 still serves
                         you: when everything else is done, on sso1: sso-connect retire

    6 of 13 steps are done.
    "#);
    assert!(!plan.done);
}

#[test]
fn a_server_of_no_domain_is_told_to_join_one() {
    let plan = Plan::of(&View::default());
    insta::assert_snapshot!(plan.text(), @r#"
    Moving to this server:

      [ ] enrolled       this server belongs to no domain
                         you: sso-connect enrol; if the old server belongs to none either, there first: sso-connect domain found

    0 of 1 steps are done.
    "#);
}

#[test]
fn the_form_of_a_step_is_stable() {
    let plan = Plan::of(&View::default());
    let json = serde_json::to_string_pretty(&plan).unwrap();
    insta::assert_snapshot!(json, @r#"
    {
      "domain": null,
      "server": null,
      "done": false,
      "steps": [
        {
          "id": "enrolled",
          "state": "open",
          "found": "this server belongs to no domain",
          "who": "you",
          "todo": "sso-connect enrol; if the old server belongs to none either, there first: sso-connect domain found"
        }
      ]
    }
    "#);
}

fn ready() -> View {
    let address: std::net::IpAddr = "192.0.2.2".parse().unwrap();
    View {
        now: NOW,
        from: Some("sso1".into()),
        settings: Some(settings()),
        report: Some(report()),
        servers: vec![line("sso2", true), line("sso3", false)],
        led_to: [address].into(),
        here: [address].into(),
        ..View::default()
    }
}

fn settings() -> DomainSettings {
    let text = format!(
        "hub = 'https://hub.example.com'\ndomain = 'example'\nid = '{}'\nserver = 'sso2'\n\
         node = '{}'\n",
        "01".repeat(32),
        "02".repeat(16)
    );
    toml::from_str(&text).unwrap()
}

fn report() -> Report {
    Report {
        version: "1.0.0".into(),
        status: State::Running,
        reason: None,
        remedy: None,
        base_url: "https://sso.example.com:8443".into(),
        revision: Some(7),
        refused: None,
        former_sign_in: None,
        hub: Some(HubReport {
            url: "https://hub.example.com".into(),
            domain: "example".into(),
            server: "sso2".into(),
            sync: SyncReport {
                phase: "level".into(),
                detail: None,
                users: 10,
                of: 10,
                complete: true,
                taking_over: false,
                digest: "0123456789abcdef".into(),
                rate: None,
                lag: 0,
                waiting: 0,
                away_since: None,
            },
            keys: KeysReport {
                protection: "key file".into(),
                warning: None,
            },
            deletion: None,
            versions: None,
        }),
        traffic: Some(TrafficReport {
            asked: 9,
            last_asked: Some(Moment(NOW)),
            sign_ins: 3,
            certificate: Some(ShownCertificate {
                covers: true,
                names: Vec::new(),
                until: Moment(NOW.later(std::time::Duration::from_hours(24 * 90))),
                shared: true,
            }),
        }),
    }
}

fn line(name: &str, this: bool) -> ServerLine {
    ServerLine {
        id: name.into(),
        name: name.into(),
        version: "1.0.0".into(),
        revision: Some(7),
        lag: Some(0),
        state: "level".into(),
        users: Some(10),
        of: Some(10),
        seen: Some(Moment(NOW)),
        address: None,
        certificate: None,
        refused: None,
        former_sign_in: None,
        this,
    }
}

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
