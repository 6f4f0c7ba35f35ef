//! Cables.

use std::net::Ipv4Addr;
use std::process::Command;

/// A switch that the machines of one site, and the people, are connected with.
#[derive(Debug)]
pub(crate) struct Network {
    number: u8,
    /// Begins the names of namespaces. What a test that was killed leaves behind has another one.
    tag: String,
}

impl Network {
    /// The first one that nobody else has.
    pub(crate) fn new() -> Self {
        let tag = format!("c{:08x}", crate::accident::seed());
        let is_made = |number: &u8| ip(&["link", "add", &bridge(*number), "type", "bridge"]);
        // A bridge that is there already is somebody else's.
        let number = (1..=250).find(is_made).expect("root may make a bridge");
        let network = Self { number, tag };
        let bridge = network.bridge();
        let own = format!("{}/24", network.address(1));
        for words in [
            &["addr", "add", &own, "dev", &bridge][..],
            &["link", "set", &bridge, "up"],
        ] {
            assert!(ip(words), "{words:?}");
        }
        network
    }

    /// The address of a machine.
    pub(crate) const fn address(&self, machine: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 213, self.number, machine)
    }

    /// Makes the namespace of a machine, and connects it.
    pub(crate) fn connect(&self, machine: u8) -> String {
        let name = format!("{}-{machine}", self.tag);
        let (bridge, inner) = (self.bridge(), format!("{name}i"));
        let address = format!("{}/24", self.address(machine));
        let steps = [
            format!("netns add {name}"),
            format!("link add {name} type veth peer name {inner}"),
            format!("link set {inner} netns {name}"),
            format!("link set {name} master {bridge} up"),
            format!("-n {name} link set {inner} name cable"),
            format!("-n {name} addr add {address} dev cable"),
            format!("-n {name} link set lo up"),
            format!("-n {name} link set cable up"),
        ];
        for step in steps {
            let words: Vec<_> = step.split(' ').collect();
            assert!(ip(&words), "{step}");
        }
        name
    }

    fn bridge(&self) -> String {
        bridge(self.number)
    }
}

fn bridge(number: u8) -> String {
    format!("chaos{number}")
}

impl Drop for Network {
    fn drop(&mut self) {
        ip(&["link", "del", &self.bridge()]);
    }
}

/// Whether `ip` did as it was told.
pub(crate) fn ip(words: &[&str]) -> bool {
    Command::new("ip")
        .args(words)
        .output()
        .unwrap()
        .status
        .success()
}
