//! The steps, in the order in which they are done. Each looks at one thing.

use std::time::Duration;

use super::step::{CERTIFICATES, DNS, LOAD_BALANCER, Step, YOU};
use super::view::View;
use crate::cli::standing;
use crate::cli::sync;
use crate::control::{Report, TrafficReport};
use crate::hostname::{Examination, Finding, Verdict};
use crate::status::State;

/// A step as it is now; nothing if it does not belong to this plan.
pub(super) type Check = fn(&View) -> Option<Step>;

/// All of them. Whoever has another one adds it here.
pub(super) const CHECKS: &[Check] = &[
    enrolled,
    running,
    hub,
    versions,
    complete,
    configuration,
    certificate,
    host_name,
    provider,
    load_balancer,
    dns,
    sign_in,
    retired,
];

fn enrolled(view: &View) -> Option<Step> {
    let id = "enrolled";
    Some(match &view.settings {
        Some(settings) => {
            let (server, domain) = (&settings.server, &settings.domain);
            Step::done(
                id,
                format!("this server is {server} of the domain {domain}"),
            )
        }
        None => Step::open(
            id,
            "this server belongs to no domain",
            YOU,
            "sso-connect enrol; if the old server belongs to none either, there first: sso-connect \
             domain found",
        ),
    })
}

/// The address of the machine's settings is there, and the program has it.
fn running(view: &View) -> Option<Step> {
    view.settings.as_ref()?;
    let id = "address";
    let listen = view.local.listen();
    Some(match (&view.report, &view.address) {
        (Some(report), _) if report.status == State::Stopped => stopped(id, report),
        (Some(_), _) => Step::done(id, format!("the server runs, and listens on {listen}")),
        (None, Some((why, fix))) => Step::open(id, why, YOU, fix),
        (None, None) => Step::open(
            id,
            format!("{listen} can be used, and the server does not run"),
            YOU,
            "systemctl enable --now sso-connect",
        ),
    })
}

fn hub(view: &View) -> Option<Step> {
    let hub = view.report.as_ref()?.hub.as_ref()?;
    let id = "hub";
    Some(match (hub.sync.away_since, hub.sync.phase.as_str()) {
        (None, "level" | "behind" | "filling" | "starting") => Step::done(
            id,
            format!("{} answers: what is saved reaches all servers", hub.url),
        ),
        _ => Step::open(
            id,
            hub.sync
                .detail
                .clone()
                .unwrap_or_else(|| "does not answer".into()),
            YOU,
            "sso-connect status",
        ),
    })
}

/// All servers run the same version.
fn versions(view: &View) -> Option<Step> {
    let this = view.this()?;
    let id = "version";
    let versions = view.report.as_ref()?.hub.as_ref()?.versions.as_ref();
    if let Some(versions) = versions.filter(|it| it.is_open()) {
        let todo = "sso-connect upgrade status says what comes next; upgrade finalize ends it";
        return Some(Step::open(id, versions.words(), YOU, todo));
    }
    let others = view.servers.iter().filter(|it| it.version != this.version);
    let others: Vec<_> = others
        .map(|it| format!("{} runs {}", it.name, it.version))
        .collect();
    Some(match others.is_empty() {
        true => Step::done(
            id,
            format!("all {} servers run {}", view.servers.len(), this.version),
        ),
        false => Step::open(
            id,
            format!("this server runs {}, {}", this.version, others.join(", ")),
            YOU,
            "install the same version on all of them",
        ),
    })
}

/// Every server that stays has every user.
fn complete(view: &View) -> Option<Step> {
    let id = "complete";
    let sync = &view.report.as_ref()?.hub.as_ref()?.sync;
    if !sync.complete {
        let found = format!(
            "{} of {} users are here; the rest comes by itself",
            sync.users, sync.of
        );
        return Some(Step::waiting(id, found));
    }
    let newest = standing::newest(&view.servers);
    let others = view.staying().filter(|it| !it.this);
    let objections: Vec<_> = others
        .filter_map(|it| {
            Some(format!(
                "{} {}",
                it.name,
                standing::objection(it, newest, view.now)?
            ))
        })
        .collect();
    Some(match objections.is_empty() {
        true => Step::done(id, sync::complete(sync.of, &sync.digest)),
        false => Step::open(
            id,
            objections.join("; "),
            YOU,
            "sso-connect status there; or take it out: sso-connect servers retire",
        ),
    })
}

/// What is saved is in force everywhere.
fn configuration(view: &View) -> Option<Step> {
    let report = view.report.as_ref()?;
    let id = "configuration";
    if let Some(refused) = &report.refused {
        let found = format!(
            "revision {} cannot be used here: {}",
            refused.revision, refused.why
        );
        return Some(Step::open(
            id,
            found,
            YOU,
            "sso-connect config edit, or config rollback",
        ));
    }
    let newest = standing::newest(&view.servers);
    Some(match report.revision {
        None => Step::open(
            id,
            "the domain has none yet",
            YOU,
            "sso-connect config edit",
        ),
        Some(revision) if revision < newest => Step::waiting(
            id,
            format!("revision {revision} is in force here, and {newest} is on its way"),
        ),
        Some(revision) => Step::done(id, format!("revision {revision}, {}", report.base_url)),
    })
}

/// The certificate covers the name that browsers come by.
fn certificate(view: &View) -> Option<Step> {
    let host = view.host()?;
    let certificate = view
        .report
        .as_ref()?
        .traffic
        .as_ref()?
        .certificate
        .as_ref()?;
    let (id, until) = ("certificate", certificate.until);
    let todo = "a certificate with its key for the name, then on any server: sso-connect \
                certificate import tls FILE";
    Some(if !certificate.covers {
        let found = format!("is for {}, not for {host}", certificate.names.join(", "));
        Step::open(id, found, CERTIFICATES, todo)
    } else if until.0.since(view.now) < SOON {
        Step::open(
            id,
            format!("covers {host}, and ends on {until}"),
            CERTIFICATES,
            todo,
        )
    } else {
        let of_all = if certificate.shared {
            ", shared by all servers"
        } else {
            ""
        };
        Step::done(id, format!("covers {host} until {until}{of_all}"))
    })
}

/// The name that people come by, and one that is to come.
fn host_name(view: &View) -> Option<Step> {
    let id = "host-name";
    let name = &view.report.as_ref()?.base_url;
    Some(match (&view.coming, view.former.as_slice()) {
        (Some(coming), _) => to_come(id, coming),
        (None, []) => Step::done(id, format!("{name}, and no other")),
        (None, former) => Step::done(
            id,
            format!(
                "{name}; {} until it is retired: sso-connect hostname status",
                former.join(", ")
            ),
        ),
    })
}

/// In the words of `hostname check`.
fn to_come(id: &'static str, found: &Examination) -> Step {
    let name = &found.name.base_url;
    let each = |of: fn(&Finding) -> &str| found.problems.iter().map(of).collect::<Vec<_>>();
    match found.verdict {
        Verdict::Ready => {
            let todo = format!("sso-connect hostname change {name}");
            Step::open(id, format!("nothing is in the way of {name}"), YOU, todo)
        }
        Verdict::NotYet => Step::open(
            id,
            format!("{name}: {}", each(|it| &it.what).join("; ")),
            YOU,
            each(|it| &it.fix).join("; "),
        ),
    }
}

fn provider(view: &View) -> Option<Step> {
    let report = view.report.as_ref()?;
    let id = "sign-ins";
    Some(match report.status {
        State::Running => Step::done(
            id,
            "are possible; the identity provider knows the service by the same addresses as before",
        ),
        State::Stopped => Step::waiting(id, "are not possible while the server is stopped"),
        State::NotConfiguredYet => stopped(id, report),
    })
}

/// In the words of `status`.
fn stopped(id: &'static str, report: &Report) -> Step {
    let found = report.reason.clone();
    let todo = report.remedy.clone();
    let found = found.unwrap_or_else(|| format!("the server is {}", report.status));
    let todo = todo.unwrap_or_else(|| "sso-connect status".into());
    Step::open(id, found, YOU, todo)
}

/// Whatever leads browsers here asks whether it may.
fn load_balancer(view: &View) -> Option<Step> {
    let id = "load-balancer";
    let traffic = view.report.as_ref()?.traffic.as_ref()?;
    let port = view.local.listen().port();
    Some(if is_asked(traffic, view) {
        Step::done(id, "asks /readyz here")
    } else if leads_here(view) {
        Step::done(id, "there is none, and none is needed: the name leads here")
    } else {
        Step::open(
            id,
            "nobody has asked /readyz here in the last minute",
            LOAD_BALANCER,
            format!(
                "add this machine, port {port}, and let it ask /readyz; or take the \
                     old server's place in DNS"
            ),
        )
    })
}

/// The name leads here, or to what asks here.
fn dns(view: &View) -> Option<Step> {
    let host = view.host()?;
    let id = "dns";
    let traffic = view.report.as_ref()?.traffic.as_ref()?;
    let led_to: Vec<_> = view.led_to.iter().map(ToString::to_string).collect();
    let led_to = led_to.join(", ");
    let here: Vec<_> = view.here.iter().filter(|it| !it.is_loopback()).collect();
    let here: Vec<_> = here.iter().map(ToString::to_string).collect();
    Some(if view.led_to.is_empty() {
        let todo = format!(
            "let {host} lead to the load balancer, or to this machine: {}",
            here.join(", ")
        );
        let why = view.trouble.as_ref().map(|it| format!(": {it}"));
        let found = format!("{host} leads nowhere{}", why.unwrap_or_default());
        Step::open(id, found, DNS, todo)
    } else if leads_here(view) {
        Step::done(id, format!("{host} leads to this machine ({led_to})"))
    } else if is_asked(traffic, view) {
        Step::done(
            id,
            format!("{host} leads to {led_to}, and a load balancer asks here"),
        )
    } else {
        let found = format!("{host} leads to {led_to}, which is not this machine");
        let todo = format!(
            "if that is no load balancer, let it lead here: {}",
            here.join(", ")
        );
        Step::open(id, found, DNS, todo)
    })
}

/// People have signed in here.
fn sign_in(view: &View) -> Option<Step> {
    let (id, report) = ("tried", view.report.as_ref()?);
    let sign_ins = report.traffic.as_ref()?.sign_ins;
    Some(match sign_ins {
        0 => Step::open(
            id,
            "nobody has signed in here yet",
            YOU,
            format!("sign in at {}/sso-connect", report.base_url),
        ),
        1 => Step::done(id, "somebody has signed in here"),
        _ => Step::done(
            id,
            format!("{sign_ins} sign-ins here since the program began"),
        ),
    })
}

/// The server that goes has gone.
fn retired(view: &View) -> Option<Step> {
    let from = view.from.as_ref()?;
    let id = "old-server";
    if view.servers.is_empty() {
        return Some(Step::waiting(
            id,
            format!("{from} stays until the steps above are done"),
        ));
    }
    let old = view.servers.iter().find(|it| it.name == *from);
    Some(match old {
        None => Step::done(id, format!("the domain has no server {from} any more")),
        Some(old) if old.this => Step::open(
            id,
            format!("{from} is this server"),
            YOU,
            "give the command on the new server",
        ),
        Some(old) => {
            let state = match standing::is_alive(old, view.now) {
                true => "still serves",
                false => "is silent, and still belongs to the domain",
            };
            let todo = format!("when everything else is done, on {from}: sso-connect retire");
            Step::open(id, format!("{from} {state}"), YOU, todo)
        }
    })
}

fn leads_here(view: &View) -> bool {
    !view.led_to.is_empty() && view.led_to.is_subset(&view.here)
}

fn is_asked(traffic: &TrafficReport, view: &View) -> bool {
    let last = traffic.last_asked;
    last.is_some_and(|it| view.now.since(it.0) <= Duration::from_mins(1))
}

/// When a certificate should be replaced before anything else.
const SOON: Duration = Duration::from_hours(14 * 24);
