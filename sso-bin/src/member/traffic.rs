//! What comes to a server, and what browsers see of it.

use rustls_pki_types::CertificateDer;
use sso_core::cert::{self, Coverage, Validity};
use sso_core::config::SharedConfig;

use crate::control::{Moment, ShownCertificate, TrafficReport};
use crate::data_dir::DataDir;
use crate::http::App;
use crate::tls;

pub(super) fn report(
    app: &App,
    dir: &DataDir,
    issued: Option<&CertificateDer<'static>>,
) -> TrafficReport {
    let probes = app.drain().probes();
    TrafficReport {
        asked: probes.map_or(0, |(_, asked)| asked),
        last_asked: probes.map(|(last, _)| Moment(last)),
        sign_ins: app.drain().sign_ins(),
        certificate: certificate(&app.config(), dir, issued),
    }
}

fn certificate(
    config: &SharedConfig,
    dir: &DataDir,
    issued: Option<&CertificateDer<'static>>,
) -> Option<ShownCertificate> {
    match (issued, config.tls()) {
        (Some(issued), _) => shown(issued, config, true),
        (None, Some(pair)) => shown(pair.chain().first()?, config, true),
        (None, None) => shown(&tls::certificate(dir).ok()?, config, false),
    }
}

fn shown(
    certificate: &CertificateDer<'_>,
    config: &SharedConfig,
    shared: bool,
) -> Option<ShownCertificate> {
    let host = config.service().host().ok()?;
    let coverage = cert::covers(certificate, &host.ascii()).ok()?;
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
