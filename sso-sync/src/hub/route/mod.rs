//! One file a route.

mod administrators;
mod append;
mod beat;
mod beats;
mod bucket;
mod buckets;
mod chain;
mod commit;
mod feed;
mod head;
mod info;
mod people;
mod records;
mod session;
mod snapshot;

use bytes::Bytes;

use super::Hub;
use super::request::Asked;
use super::target::{OfDomain, Target};
use crate::store::DomainId;
use crate::wire::Problem;

/// Answers what is asked.
pub(super) async fn answer(hub: &Hub, asked: &Asked<'_>) -> Result<Bytes, Problem> {
    match asked.target {
        Target::Administrators => administrators::answer(hub, asked).await,
        Target::Hub => info::answer(hub),
        Target::Session => session::answer(hub, asked),
        Target::Domain(domain, of) => of_domain(hub, asked, domain, of).await,
    }
}

async fn of_domain(
    hub: &Hub,
    asked: &Asked<'_>,
    domain: DomainId,
    of: OfDomain,
) -> Result<Bytes, Problem> {
    if of == OfDomain::Append && append::is_first(asked) {
        return append::first(hub, asked, domain).await;
    }
    let caller = &hub.caller(domain, asked).await?;
    match of {
        OfDomain::Administrators => people::registered(hub, caller).await,
        OfDomain::Append => append::answer(hub, asked, caller).await,
        OfDomain::Beat => beat::answer(hub, asked, caller).await,
        OfDomain::Beats => beats::answer(hub, asked, caller).await,
        OfDomain::Bucket(bucket) => bucket::answer(hub, asked, caller, bucket).await,
        OfDomain::Buckets => buckets::answer(hub, caller).await,
        OfDomain::Chain => chain::answer(hub, asked, caller).await,
        OfDomain::Commit => commit::answer(hub, asked, caller).await,
        OfDomain::Feed => feed::answer(hub, asked, caller).await,
        OfDomain::Head => head::answer(hub, asked, caller).await,
        OfDomain::Invitations => people::invite(hub, asked, caller).await,
        OfDomain::Records => records::answer(hub, asked, caller).await,
        OfDomain::SignOut => people::sign_out(hub, asked).await,
        OfDomain::Snapshot => snapshot::answer(hub, asked, caller).await,
    }
}
