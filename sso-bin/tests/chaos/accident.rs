//! What happens to a site, chosen by dice.

use std::time::Duration;

use tokio::time::sleep;

use crate::site::Site;

/// Something that happens, and is over some seconds later.
#[derive(Debug)]
pub(crate) struct Accident {
    kind: Kind,
    victim: usize,
    lasts: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    ServerKilled,
    ServerHeld,
    ServerUnplugged,
    ServerDeafToHub,
    HubDeafToServer,
    DiskFull,
    ClockAhead,
    ClockBehind,
    HubKilled,
    HubHeld,
    HubUnplugged,
}

impl Accident {
    pub(crate) fn of(dice: &mut Dice) -> Self {
        Self {
            kind: KINDS[dice.throw(KINDS.len())],
            victim: dice.throw(2),
            lasts: Duration::from_millis(500 + 100 * dice.throw(25) as u64),
        }
    }

    /// Lets it happen, and be over.
    pub(crate) async fn befall(&self, site: &mut Site) {
        let hub_address = site.hub.ip();
        let server = site.servers[self.victim].ip();
        let (hub, victim) = (&mut site.hub, &mut site.servers[self.victim]);
        // What it is that passes is the time itself.
        let passes = sleep(self.lasts);
        match self.kind {
            Kind::ServerKilled => {
                victim.kill();
                passes.await;
                victim.start();
            }
            Kind::ServerHeld => {
                victim.hold();
                passes.await;
                victim.go_on();
            }
            Kind::ServerUnplugged => {
                victim.unplug();
                passes.await;
                victim.plug_in();
            }
            Kind::ServerDeafToHub => {
                victim.be_deaf_to(hub_address);
                passes.await;
                victim.hear(hub_address);
            }
            Kind::HubDeafToServer => {
                hub.be_deaf_to(server);
                passes.await;
                hub.hear(server);
            }
            Kind::DiskFull => {
                victim.fill_disk();
                passes.await;
                victim.clear_disk();
            }
            Kind::ClockAhead => {
                victim.set_clock(JUMP);
                passes.await;
                victim.set_clock(0);
            }
            Kind::ClockBehind => {
                victim.set_clock(-JUMP);
                passes.await;
                victim.set_clock(0);
            }
            Kind::HubKilled => {
                hub.kill();
                passes.await;
                hub.start();
            }
            Kind::HubHeld => {
                hub.hold();
                passes.await;
                hub.go_on();
            }
            Kind::HubUnplugged => {
                hub.unplug();
                passes.await;
                hub.plug_in();
            }
        }
    }
}

/// Numbers that follow from a seed.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// By `SSO_CHAOS_SEED`, or as they fall; a test that fails prints what it was.
    pub(crate) fn thrown() -> Self {
        let given = std::env::var("SSO_CHAOS_SEED").ok();
        let seed = match given {
            Some(seed) => seed.parse().expect("SSO_CHAOS_SEED is a number"),
            None => u64::from(seed()),
        };
        println!("SSO_CHAOS_SEED={seed} repeats this");
        Self(seed)
    }

    /// How many accidents there are: `SSO_CHAOS_ACCIDENTS`, or as many as the gate has time for.
    pub(crate) fn accidents(&self, usually: usize) -> usize {
        let given = std::env::var("SSO_CHAOS_ACCIDENTS").ok();
        given.map_or(usually, |it| {
            it.parse().expect("SSO_CHAOS_ACCIDENTS is a number")
        })
    }

    /// Below `sides` (SplitMix64).
    pub(crate) fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }
}

/// A number that nobody knows before.
pub(crate) fn seed() -> u32 {
    let mut bytes = [0; 4];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

const KINDS: [Kind; 11] = [
    Kind::ServerKilled,
    Kind::ServerHeld,
    Kind::ServerUnplugged,
    Kind::ServerDeafToHub,
    Kind::HubDeafToServer,
    Kind::DiskFull,
    Kind::ClockAhead,
    Kind::ClockBehind,
    Kind::HubKilled,
    Kind::HubHeld,
    Kind::HubUnplugged,
];

/// How far a clock jumps, in seconds: less than what may lie between the clocks of a server and an
/// identity provider.
const JUMP: i32 = 120;
