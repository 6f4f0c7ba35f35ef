//! The keys by which a server is a member of a domain.

use zeroize::Zeroizing;

use super::{KeeperError, Label, Sealer};
use crate::seal::MemberKeys;
use crate::store::DomainId;

/// Seals the keys of a server that is a node of `domain`.
///
/// # Errors
///
/// Those of [`Sealer::seal`].
pub async fn seal_node_keys(
    sealer: &dyn Sealer,
    domain: DomainId,
    keys: &MemberKeys,
) -> Result<Vec<u8>, KeeperError> {
    let (signing, sealing) = keys.expose();
    let secret = Zeroizing::new([signing.as_slice(), sealing].concat());
    sealer.seal(&label(domain), &secret).await
}

/// Unseals what [`seal_node_keys`] made for the same domain.
///
/// # Errors
///
/// Those of [`Sealer::unseal`].
pub async fn unseal_node_keys(
    sealer: &dyn Sealer,
    domain: DomainId,
    sealed: &[u8],
) -> Result<MemberKeys, KeeperError> {
    let secret = sealer.unseal(&label(domain), sealed).await?;
    let (signing, sealing) = secret.split_first_chunk().ok_or(KeeperError::Malformed)?;
    let sealing = sealing.try_into().map_err(|_| KeeperError::Malformed)?;
    Ok(MemberKeys::from_secrets(signing, sealing)?)
}

fn label(domain: DomainId) -> Label {
    Label::new("node keys").in_domain(domain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::KeyFile;

    #[tokio::test]
    async fn a_restarted_server_is_the_same_member() {
        let folder = tempfile::tempdir().unwrap();
        let sealer = || KeyFile::new(&folder.path().join("keeper.key"));
        let (domain, keys) = (DomainId::new([1; 32]), MemberKeys::random().unwrap());
        let sealed = seal_node_keys(&sealer(), domain, &keys).await.unwrap();

        let again = unseal_node_keys(&sealer(), domain, &sealed).await.unwrap();
        assert_eq!(again.member("x"), keys.member("x"));
        let elsewhere = unseal_node_keys(&sealer(), DomainId::new([2; 32]), &sealed).await;
        assert!(matches!(elsewhere, Err(KeeperError::Closed)));
    }

    #[tokio::test]
    async fn what_is_no_pair_of_keys_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let sealer = KeyFile::new(&folder.path().join("keeper.key"));
        let domain = DomainId::new([1; 32]);
        for length in [0, 31, 32, 63, 65] {
            let sealed = sealer.seal(&label(domain), &vec![7; length]).await.unwrap();
            let opened = unseal_node_keys(&sealer, domain, &sealed).await;
            assert!(matches!(opened, Err(KeeperError::Malformed)), "{length}");
        }
    }
}
