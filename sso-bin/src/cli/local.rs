//! `sso-connect local`: the settings of this machine about its address.

use std::net::IpAddr;

use serde::Serialize;

use super::{Context, to_json};
use crate::address;
use crate::args::{LocalCommand, LocalSetting, LocalShowArgs, Output};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::local_settings::LocalSettings;

pub(super) fn run(context: &Context, command: &LocalCommand) -> Result<(), Failure> {
    let dir = context.dir()?;
    match command {
        LocalCommand::Show(args) => show(context, &dir, args),
        LocalCommand::Set { setting, value } => {
            let value = read(*setting, value)?;
            put(context, &dir, *setting, Some(&value))
        }
        LocalCommand::Unset { setting } => put(context, &dir, *setting, None),
    }
}

/// What is set, and what there is.
#[derive(Serialize)]
struct Shown {
    private_ip: Option<IpAddr>,
    private_port: u16,
    addresses: Vec<IpAddr>,
    problem: Option<String>,
    remedy: Option<String>,
}

fn show(context: &Context, dir: &DataDir, args: &LocalShowArgs) -> Result<(), Failure> {
    let local = LocalSettings::load(dir)?;
    let problem = local
        .private_ip
        .and_then(|ip| address::expect_here(ip).err());
    let shown = Shown {
        private_ip: local.private_ip,
        private_port: local.private_port,
        addresses: address::of_this_machine().into_iter().collect(),
        problem: problem.as_ref().map(ToString::to_string),
        remedy: problem.as_ref().map(address::AddressError::fix),
    };
    context.print(&match args.output {
        Output::Json => to_json(&shown)?,
        Output::Text => text(&shown),
    })
}

fn text(shown: &Shown) -> String {
    let ip = match shown.private_ip {
        Some(ip) => ip.to_string(),
        None => "all addresses of this machine".into(),
    };
    let here: Vec<_> = shown.addresses.iter().map(ToString::to_string).collect();
    let rows = [
        ("private_ip", Some(ip)),
        ("private_port", Some(shown.private_port.to_string())),
        ("addresses", Some(here.join(", "))),
        ("problem", shown.problem.clone()),
        ("to mend it", shown.remedy.clone()),
    ];
    let lines = rows
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name:<13}  {}\n", value?)));
    lines.collect()
}

/// The value as TOML.
fn read(setting: LocalSetting, value: &str) -> Result<String, Failure> {
    let read = match setting {
        LocalSetting::PrivateIp => value.parse::<IpAddr>().ok().map(|ip| format!("\"{ip}\"")),
        LocalSetting::PrivatePort => value.parse::<u16>().ok().map(|port| port.to_string()),
    };
    let expected = match setting {
        LocalSetting::PrivateIp => "an IP address of this machine: sso-connect local show",
        LocalSetting::PrivatePort => "a port, 1 to 65535",
    };
    read.ok_or_else(|| {
        let what = format!("{} cannot be {value:?}", setting.name());
        Failure::refused(what, format!("give {expected}"))
    })
}

fn put(
    context: &Context,
    dir: &DataDir,
    setting: LocalSetting,
    value: Option<&str>,
) -> Result<(), Failure> {
    let text = dir.read_if_present(&dir.local_file())?.unwrap_or_default();
    dir.write(&dir.local_file(), &edited(&text, setting.name(), value))?;
    let local = LocalSettings::load(dir)?;
    context.print(&format!("local.toml says: listen on {}.\n", local.listen()))?;
    match local.private_ip.map(address::expect_here) {
        Some(Err(error)) => context.print(&format!("But {error}: the server will be Stopped.\n")),
        Some(Ok(())) | None => Ok(()),
    }
}

/// The file with one setting changed, and all else as it was.
fn edited(text: &str, name: &str, value: Option<&str>) -> String {
    let line = value.map(|value| format!("{name} = {value}"));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let table = lines
        .iter()
        .position(|line| line.trim_start().starts_with('['));
    let top = lines
        .get(..table.unwrap_or(lines.len()))
        .unwrap_or_default();
    let is_set = |found: &String| says(found, name);
    let is_shown = |found: &String| found.strip_prefix('#').is_some_and(|it| says(it, name));
    match (
        top.iter().position(is_set),
        top.iter().position(is_shown),
        line,
    ) {
        (Some(at), _, Some(line)) => replace(&mut lines, at, line),
        (Some(at), _, None) => drop(lines.remove(at)),
        (None, Some(at), Some(line)) => lines.insert(at + 1, line),
        (None, None, Some(line)) => lines.insert(0, line),
        (None, _, None) => {}
    }
    lines.join("\n") + "\n"
}

fn replace(lines: &mut [String], at: usize, line: String) {
    if let Some(old) = lines.get_mut(at) {
        *old = line;
    }
}

fn says(line: &str, name: &str) -> bool {
    let rest = line.trim_start().strip_prefix(name);
    rest.is_some_and(|rest| rest.trim_start().starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_settings::TEMPLATE;

    #[test]
    fn a_setting_is_changed_in_its_place_and_all_else_stays() {
        let set = edited(TEMPLATE, "private_ip", Some("\"10.0.0.5\""));
        assert!(set.contains("# private_ip = \"192.0.2.10\"\nprivate_ip = \"10.0.0.5\"\n"));
        let again = edited(&set, "private_ip", Some("\"10.0.0.6\""));
        assert_eq!(again, set.replace("10.0.0.5", "10.0.0.6"));
        assert_eq!(edited(&again, "private_ip", None), TEMPLATE);
        assert_eq!(edited(TEMPLATE, "private_ip", None), TEMPLATE);
    }

    #[test]
    fn a_table_of_the_same_name_is_not_the_setting() {
        let text = "log_format = \"json\"\n[other]\nprivate_port = 1\n";
        let set = edited(text, "private_port", Some("9443"));
        assert_eq!(set, format!("private_port = 9443\n{text}"));
    }

    #[test]
    fn what_is_no_address_and_no_port_is_refused() {
        assert_eq!(read(LocalSetting::PrivateIp, "::1").unwrap(), "\"::1\"");
        assert_eq!(read(LocalSetting::PrivatePort, "65535").unwrap(), "65535");
        assert!(read(LocalSetting::PrivateIp, "sso.example.com").is_err());
        assert!(read(LocalSetting::PrivatePort, "65536").is_err());
    }
}
