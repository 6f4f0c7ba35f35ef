//! What comes to a server, and what browsers see of it.

use rustls_pki_types::CertificateDer;
use sso_core::cert::{self, Coverage, Validity};
use sso_core::config::SharedConfig;
use url::Url;

use crate::control::{Moment, ShownCertificate, TrafficReport};
use crate::data_dir::DataDir;
use crate::http::App;
use crate::tls;

pub(super) fn report(app: &App, dir: &DataDir) -> TrafficReport {
    let probes = app.drain().probes();
    TrafficReport {
        asked: probes.map_or(0, |(_, asked)| asked),
        last_asked: probes.map(|(last, _)| Moment(last)),
        sign_ins: app.drain().sign_ins(),
        certificate: certificate(&app.config(), dir),
    }
}

fn certificate(config: &SharedConfig, dir: &DataDir) -> Option<ShownCertificate> {
    match config.tls() {
        Some(pair) => shown(pair.chain().first()?, config, true),
        None => shown(&tls::certificate(dir).ok()?, config, false),
    }
}

fn shown(
    certificate: &CertificateDer<'_>,
    config: &SharedConfig,
    shared: bool,
) -> Option<ShownCertificate> {
    let url = Url::parse(config.service().base_url()).ok()?;
    let coverage = cert::covers(certificate, url.host_str()?).ok()?;
    let until = Moment(Validity::of(certificate).ok()?.until);
    Some(ShownCertificate {
        covers: coverage == Coverage::Covered,
        names: match coverage {
            Coverage::NotCovered { names, .. } => names.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        },
        until,
        shared,
    })
}
