//! Users, for whoever asks by the control channel.

use std::collections::BTreeMap;

use sso_core::StoreError;
use sso_core::user::{AccountKey, User, UserId};
use sso_sync::driver::Node;
use sso_sync::node::Held;
use sso_sync::seal::Content;

use crate::control::{UserDetail, UserLine};

/// At most `limit` users behind `after`, ascending by account.
///
/// Records are kept by names that say nothing, so everybody is looked at; what is kept in memory is
/// the page.
pub(super) async fn list(
    node: &Node,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<UserLine>, StoreError> {
    let mut page = BTreeMap::new();
    each(node, |user, _| {
        let account = account(&user.account);
        if after.is_none_or(|after| account.as_str() > after) {
            page.insert(account, user);
            if page.len() > limit {
                page.pop_last();
            }
        }
        Look::On
    })
    .await?;
    let lines = page.into_iter().map(|(account, user)| UserLine {
        id: user.id.as_str().into(),
        account,
        email: user.profile.email,
    });
    Ok(lines.collect())
}

/// One user, by id, account or e-mail address.
pub(super) async fn find(node: &Node, wanted: &str) -> Result<Option<UserDetail>, StoreError> {
    let id = UserId::parse(wanted);
    let mut found = None;
    each(node, |user, version| {
        let is_it = id.as_ref() == Some(&user.id)
            || user.account.value == wanted
            || account(&user.account) == wanted
            || user.profile.email.as_deref() == Some(wanted);
        match is_it {
            true => {
                found = Some(detail(user, version));
                Look::NoFurther
            }
            false => Look::On,
        }
    })
    .await?;
    Ok(found)
}

/// Whether to look at the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    NoFurther,
    On,
}

async fn each(node: &Node, mut look: impl FnMut(User, u64) -> Look) -> Result<(), StoreError> {
    for bucket in 0..=u8::MAX {
        let mut after = None;
        loop {
            let page = node.page(bucket, after.as_ref()).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (_, Held { version, content }) in page {
                if let Content::User(user) = content
                    && look(user.to_user(), version) == Look::NoFurther
                {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

fn detail(user: User, version: u64) -> UserDetail {
    UserDetail {
        id: user.id.as_str().into(),
        account: account(&user.account),
        first: user.profile.first,
        last: user.profile.last,
        email: user.profile.email,
        groups: user.profile.groups,
        version,
    }
}

fn account(account: &AccountKey) -> String {
    format!("{} {}", account.identity_provider, account.value)
}
