//! Addresses whose traffic nobody on the way can read or change.

use url::{Host, Url};

/// Whether a browser gets there by TLS, or without leaving its machine (Secure Contexts 3.1).
pub(crate) fn is_trustworthy(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_this_machine(url),
        _ => false,
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_and_this_machine_are_trustworthy() {
        for url in [
            "https://app.example",
            "http://localhost:8080",
            "http://app.localhost",
            "http://127.1.2.3",
            "http://[::1]:8080",
        ] {
            assert!(is_trustworthy(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn nothing_else_is_trustworthy() {
        for url in [
            "http://app.example",
            "http://localhost.example",
            "http://notlocalhost",
            "http://10.0.0.1",
            "http://[::2]",
            "ftp://localhost",
            "javascript:alert(1)",
        ] {
            assert!(!is_trustworthy(&Url::parse(url).unwrap()), "{url}");
        }
    }
}
