//! `servers` and `tokens`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{LoginArgs, Output, ServersRetireArgs};

/// The subcommands of `servers`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum ServersCommand {
    /// List the servers of the domain, with what each said of itself last.
    List(ServersListArgs),
    /// Take a server out of the domain that has left, if the others can do without it.
    #[command(after_long_help = super::retire::ANOTHER_HELP)]
    Retire(ServersRetireArgs),
    /// Take a server out of the domain for good.
    #[command(after_long_help = REVOKE_HELP)]
    Revoke(ServersRevokeArgs),
}

/// Arguments of `servers list`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct ServersListArgs {
    /// Show everything that is known of each.
    #[arg(long)]
    pub long: bool,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Who asks, if no server runs here.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `servers revoke`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct ServersRevokeArgs {
    /// Its name, or the beginning of its id.
    pub server: String,

    /// Revoke without asking.
    #[arg(long)]
    pub yes: bool,

    /// Who revokes it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// The subcommands of `tokens`.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum TokensCommand {
    /// List the tokens that were not withdrawn.
    List(TokensListArgs),
    /// Make an enrolment token: one server may join with it, without an administrator.
    Mint(TokensMintArgs),
    /// Make a token worthless that was not used.
    Withdraw(TokensWithdrawArgs),
}

/// Arguments of `tokens mint`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct TokensMintArgs {
    /// What it is for, for whoever reads the list: "autoscaling west".
    #[arg(long = "for", value_name = "TEXT", default_value = "a server")]
    pub purpose: String,

    /// How long it works: 30m, 24h, 7d.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_duration)]
    pub life: Duration,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Who makes it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `tokens list`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct TokensListArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Who asks.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Arguments of `tokens withdraw`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct TokensWithdrawArgs {
    /// Its id, as `tokens mint` printed it, or the beginning of it.
    pub token: String,

    /// Who withdraws it.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// A whole number of minutes, hours or days.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a number with m, h or d behind it, as in 30m, 24h or 7d".to_owned();
    let seconds = match text.char_indices().last() {
        Some((_, 'm')) => 60,
        Some((_, 'h')) => 3600,
        Some((_, 'd')) => 86_400,
        _ => return Err(wrong()),
    };
    let number = text.get(..text.len() - 1).and_then(|it| it.parse().ok());
    let number: u64 = number.filter(|it| *it > 0).ok_or_else(wrong)?;
    number
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(wrong)
}

const REVOKE_HELP: &str = "\
For a server that may be in other hands: everybody is signed out within seconds, since whoever has
its keys could make up sessions. `sso-connect retire` is for one that leaves as planned, and signs
nobody out; a server that was retired in the last 24 hours can still be revoked, which does.

A revoked server can fetch nothing more, and says so. The keys of the domain are changed for all
others, and the records of the users are sealed with the new ones in the background. What the server
held until then it has seen: if it was stolen, revoke it, and change what was worth stealing.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_of_minutes_hours_or_days() {
        assert_eq!(parse_duration("1m"), Ok(Duration::from_secs(60)));
        assert_eq!(parse_duration("24h"), Ok(Duration::from_secs(86_400)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_secs(604_800)));
        for odd in [
            "",
            "h",
            "0h",
            "24",
            "24s",
            "-1h",
            "1.5h",
            "1µ",
            "99999999999999999999d",
        ] {
            assert!(parse_duration(odd).is_err(), "{odd}");
        }
        assert!(parse_duration("213503982334601d").is_ok());
        assert!(parse_duration("213503982334602d").is_err());
    }
}
