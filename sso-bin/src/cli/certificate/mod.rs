#![doc = include_str!("../../docs/certificates.md")]

pub(super) mod acme;
mod files;
mod folder;
mod preview;
mod roots;
mod show;

use sso_core::cert::{Candidate, Chain, Purpose, Severity, When, certificates, judge};
use sso_core::config::SharedConfigDocument;
use sso_core::config::document::KeyPairDocument;
use url::Url;

use super::Context;
use super::config::begin::{Begun, begin, finish};
use super::config::save::Review;
use crate::args::{
    CertificateActivateArgs, CertificateCommand, CertificateImportArgs, CertificateUse, LoginArgs,
};
use crate::control::Client;
use crate::failure::Failure;
use crate::settings::SettingsError;

use folder::Folder;

pub(super) async fn run(context: &Context, command: &CertificateCommand) -> Result<(), Failure> {
    match command {
        CertificateCommand::Acme(command) => acme::run(context, command).await,
        CertificateCommand::ActivateNext(args) => activate(context, args).await,
        CertificateCommand::Import(args) => import(context, args).await,
        CertificateCommand::Show(args) => show::show(context, args).await,
    }
}

async fn import(context: &Context, args: &CertificateImportArgs) -> Result<(), Failure> {
    let candidate = files::read(context, args)?;
    let when = if args.next { When::Later } else { When::Now };
    let mut work = Work::begin(context, args.purpose, &args.login).await?;
    let pair = KeyPairDocument::new(candidate.certificate_pem(), candidate.key_pem().as_str());
    let said = work.look_at(context, &candidate, when).await?;
    context.print(&said)?;
    work.document.put_key(args.purpose.purpose(), when, pair);
    work.finish(context, args.yes).await
}

async fn activate(context: &Context, args: &CertificateActivateArgs) -> Result<(), Failure> {
    let mut work = Work::begin(context, args.purpose, &args.login).await?;
    let purpose = args.purpose.purpose();
    let Some(next) = work.document.next_key(purpose) else {
        return Err(none_waits(args.purpose));
    };
    let chain = chain_of(next)?;
    let said = work.look_at_chain(context, &chain, When::Now).await?;
    context.print(&said)?;
    work.document.activate_next_key(purpose);
    work.finish(context, args.yes).await
}

/// A change of the keys of this server, or of its domain.
struct Work {
    purpose: CertificateUse,
    document: SharedConfigDocument,
    place: Place,
}

/// Where the keys are kept.
enum Place {
    Domain(Box<Begun>),
    Folder(Folder),
}

impl Work {
    async fn begin(
        context: &Context,
        purpose: CertificateUse,
        login: &LoginArgs,
    ) -> Result<Self, Failure> {
        if context.membership()?.is_none() {
            let folder = Folder::open(context.dir()?, purpose.purpose())?;
            return Ok(Self {
                purpose,
                document: folder.document()?,
                place: Place::Folder(folder),
            });
        }
        let begun = begin(context, login).await?;
        let document = begun.fields.document().map_err(SettingsError::of_shared)?;
        Ok(Self {
            purpose,
            document,
            place: Place::Domain(Box::new(begun)),
        })
    }

    async fn look_at(
        &self,
        context: &Context,
        candidate: &Candidate,
        when: When,
    ) -> Result<String, Failure> {
        self.look_at_chain(context, candidate.chain(), when).await
    }

    /// What somebody should know before it is used, or why it is not.
    async fn look_at_chain(
        &self,
        context: &Context,
        chain: &Chain,
        when: When,
    ) -> Result<String, Failure> {
        let chain = roots::without_known_root(chain);
        let purpose = self.purpose.purpose();
        let hosts = hosts(&self.document);
        let hosts: Vec<_> = hosts.iter().map(String::as_str).collect();
        let findings = judge(&chain, purpose, &hosts, when, context.now());
        let mut findings = findings.map_err(|error| Failure::because(error.to_string()))?;
        let refusals: Vec<_> = findings
            .extract_if(.., |it| it.severity == Severity::Refusal)
            .map(|it| it.objection.to_string())
            .collect();
        if !refusals.is_empty() {
            return Err(refused(self.purpose, &refusals));
        }
        let before = self
            .document
            .key_in_use(purpose)
            .map(chain_of)
            .transpose()?;
        let mut said = preview::text(context, purpose, &chain, before.as_ref())?;
        said += &preview::warnings(&findings);
        said += &preview::shared_keys(purpose, &chain, &self.others()?)?;
        said += &self.where_in_force(context, when).await;
        Ok(said)
    }

    /// The certificates that are in use for the other purposes.
    fn others(&self) -> Result<Vec<(Purpose, Chain)>, Failure> {
        let purposes = [Purpose::Tls, Purpose::SamlSigning, Purpose::SamlDecryption];
        let others = purposes
            .into_iter()
            .filter(|it| *it != self.purpose.purpose());
        let found = others.filter_map(|it| Some((it, self.document.key_in_use(it)?)));
        found.map(|(it, pair)| Ok((it, chain_of(pair)?))).collect()
    }

    async fn where_in_force(&self, context: &Context, when: When) -> String {
        let word = self.purpose.word();
        let place = match &self.place {
            Place::Folder(_) => "on this server".to_owned(),
            Place::Domain(_) => servers(context).await,
        };
        match (when, self.purpose) {
            (When::Now, CertificateUse::Tls) => format!(
                "It will be in force {place}, for new connections; those that are open go on.\n"
            ),
            (When::Now, CertificateUse::SamlSigning) => format!(
                "It will sign {place}. Identity providers that check signatures must have it by then: \
                 sso-connect metadata\n"
            ),
            (When::Now, CertificateUse::SamlDecryption) => format!(
                "It will be in force {place}, and the one before decrypts on. Then give the new \
                 metadata to the identity providers: sso-connect metadata\n"
            ),
            (When::Later, CertificateUse::Tls) => {
                format!("It waits {place} until: sso-connect certificate activate-next {word}\n")
            }
            (When::Later, _) => format!(
                "It will be in our metadata {place}. When every identity provider has them: \
                 sso-connect certificate activate-next {word}\n"
            ),
        }
    }

    async fn finish(self, context: &Context, yes: bool) -> Result<(), Failure> {
        match self.place {
            Place::Folder(folder) => {
                let now = context.now();
                folder.check(&self.document, now)?;
                if !yes && !confirmed(context)? {
                    return context.print("Nothing was saved.\n");
                }
                folder.write(&self.document)?;
                context.print("Saved. A running server takes it up at SIGHUP.\n")
            }
            Place::Domain(begun) => {
                let mut fields = begun.fields.clone();
                let applied = fields.apply(&self.document);
                applied.map_err(SettingsError::of_shared)?;
                let review = if yes { Review::Yes } else { Review::Ask };
                finish(context, *begun, fields, review).await
            }
        }
    }
}

/// The servers of the domain, if the one that runs here can be asked.
async fn servers(context: &Context) -> String {
    let asked = async {
        let (dir, _) = context.membership().ok()??;
        let client = Client::find(&dir).await.ok()??;
        client.servers().await.ok()
    };
    match asked.await.as_deref() {
        None | Some([]) => "on every server of the domain".into(),
        Some(lines) => {
            let names: Vec<_> = lines.iter().map(|line| line.name.as_str()).collect();
            format!("on {}", names.join(", "))
        }
    }
}

fn confirmed(context: &Context) -> Result<bool, Failure> {
    if !context.terminal.is_interactive() {
        return Err(Failure::unasked("Save this?", "add --yes"));
    }
    context.terminal.confirm("Save this?", true)
}

fn chain_of(pair: &KeyPairDocument) -> Result<Chain, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| Failure::because(error.to_string());
    let found = certificates(&pair.certificate).map_err(|error| unreadable(&error))?;
    let mut found = found.into_iter();
    let first = found
        .next()
        .ok_or_else(|| unreadable(&"there is no certificate"))?;
    Chain::of(first, found.collect()).map_err(|error| unreadable(&error))
}

/// The host names that browsers use, also those from before a change of name, unless they have a
/// certificate of their own.
fn hosts(document: &SharedConfigDocument) -> Vec<String> {
    let former = document.former_base_urls.iter();
    let former = former.filter(|_| document.former_tls.is_none());
    std::iter::once(&document.base_url)
        .chain(former)
        .filter_map(|url| {
            let url = Url::parse(url).ok()?;
            Some(url.host_str()?.trim_matches(['[', ']']).to_owned())
        })
        .collect()
}

fn refused(purpose: CertificateUse, refusals: &[String]) -> Failure {
    let word = purpose.word();
    Failure::refused(
        format!(
            "this certificate is not fit for {}: {}",
            purpose.purpose(),
            refusals.join("; ")
        ),
        format!("sso-connect certificate import {word} FILE…, with another one"),
    )
}

fn none_waits(purpose: CertificateUse) -> Failure {
    let word = purpose.word();
    Failure::refused(
        format!("no certificate waits for {}", purpose.purpose()),
        format!("sso-connect certificate import {word} FILE… --next"),
    )
}
