//! Whether an account is ready: looked at from here, without waiting for a customer.

use channels::Channel;
use platform::{Error, Result};
use serde::Serialize;
use utoipa::ToSchema;

use super::{LoadedAccount, open, store};
use crate::{AccountId, Support, outbound};

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelCheck {
    /// `status`, `secret`, `app_id`, `verify_token`, `callback`.
    pub name: &'static str,
    pub ok: bool,
    /// What is wrong: `disabled` or `disconnected` (of `status`), `locked`, `missing`, `unreachable`.
    #[schema(required)]
    pub code: Option<&'static str>,
    /// The same in English, and for `unreachable` what the other side said.
    #[schema(required)]
    pub detail: Option<String>,
}

/// What a test of an account found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChannelTest {
    /// Everything is well.
    pub ok: bool,
    #[schema(inline)]
    pub checks: Vec<ChannelCheck>,
}

pub(super) async fn probe(support: &Support, id: AccountId) -> Result<ChannelTest> {
    let found = support.desk.db.read(move |c| store::sealed(c, id)).await?;
    let (account, secrets) = found.ok_or_else(|| Error::not_found("channel account"))?;
    let loaded = open(&support.desk.keyring, account, &secrets);
    let mut checks = at_rest(&loaded);
    if let Some(url) = &loaded.account.callback_url {
        let reached = outbound::probe(support, &loaded, url).await;
        checks.push(check("callback", reached.err().map(|why| ("unreachable", why))));
    }
    Ok(ChannelTest { ok: checks.iter().all(|c| c.ok), checks })
}

/// What can be said without asking anybody.
fn at_rest(loaded: &LoadedAccount) -> Vec<ChannelCheck> {
    let (a, c) = (&loaded.account, &loaded.credentials);
    let status = match a.status.as_str() {
        "active" => None,
        "disabled" => Some(("disabled", "The account is disabled.".to_owned())),
        _ => Some(("disconnected", "The other side ended the connection.".to_owned())),
    };
    let secret = match (loaded.is_locked, &c.secret) {
        (true, _) => Some(("locked", "A secret does not open: it was sealed with another key. Set it anew.")),
        (false, None) => Some(("missing", "There is no secret; signed requests are refused.")),
        (false, Some(_)) => None,
    };
    let mut checks =
        vec![check("status", status), check("secret", secret.map(|(code, words)| (code, words.to_owned())))];
    let needs = |name: &'static str, is_missing: bool, words: &str| {
        check(name, is_missing.then(|| ("missing", words.to_owned())))
    };
    match a.kind.parse::<Channel>() {
        Ok(Channel::Zalo) => {
            checks.push(needs("app_id", c.app_id.is_none(), "Zalo signs with the application's id."))
        }
        Ok(Channel::Facebook | Channel::Instagram | Channel::Whatsapp) => checks.push(needs(
            "verify_token",
            c.verify_token.is_none(),
            "Meta asks for the verify token once, when the webhook is set up.",
        )),
        _ => {}
    }
    checks
}

fn check(name: &'static str, wrong: Option<(&'static str, String)>) -> ChannelCheck {
    let (code, detail) = wrong.unzip();
    ChannelCheck { name, ok: code.is_none(), code, detail }
}
