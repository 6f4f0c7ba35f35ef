//! Attacks that are written once and tried on everything that comes in signed: responses,
//! assertions, what was encrypted, logout messages in forms and in queries, metadata.
//!
//! What is special to one of them is beside this folder.

mod keys;
mod parsing;
mod query;
mod resources;
mod signature;
mod wrapping;

use crate::forge::{Forge, cut, without};
use crate::stage::{SignedInput, Stage};

/// Checks that every document that `attack` makes is refused, with this code, and leaves nothing
/// behind.
#[track_caller]
fn refuses(inputs: &[SignedInput], code: &str, attack: impl Fn(&Stage) -> Vec<String>) {
    refuses_by(inputs, |_| code, attack);
}

/// The same where the code depends on what comes in.
#[track_caller]
fn refuses_by<'c>(
    inputs: &[SignedInput],
    code: impl Fn(SignedInput) -> &'c str,
    attack: impl Fn(&Stage) -> Vec<String>,
) {
    for &input in inputs {
        let stage = Stage::new(input);
        for document in attack(&stage) {
            stage.refuses(&document, code(input));
        }
    }
}

/// The same where several codes are as good.
#[track_caller]
fn refuses_with_one_of(
    inputs: &[SignedInput],
    codes: &[&str],
    attack: impl Fn(&Stage) -> Vec<String>,
) {
    for &input in inputs {
        let stage = Stage::new(input);
        for document in attack(&stage) {
            stage.refuses_with_one_of(&document, codes);
        }
    }
}

/// Checks what becomes of a signed document once it is changed. The query around one is signed
/// afterwards, as if the provider had written it so.
#[track_caller]
fn refuses_changed(inputs: &[SignedInput], code: &str, change: impl Fn(&str) -> String) {
    refuses(inputs, code, |stage| vec![change(&stage.signed())]);
}

/// Checks that what the provider itself writes so is refused.
#[track_caller]
fn refuses_written(inputs: &[SignedInput], code: &str, change: impl Fn(&str) -> String) {
    refuses(inputs, code, |stage| {
        vec![stage.sign(&change(&stage.unsigned()))]
    });
}

/// Checks that what the provider itself writes so is understood as it means it.
#[track_caller]
fn accepts_written(inputs: &[SignedInput], change: impl Fn(&str) -> String) {
    for &input in inputs {
        let stage = Stage::new(input);
        stage.accepts(&stage.sign(&change(&stage.unsigned())));
    }
}

/// Checks how a signature of another shape fares that the provider itself makes.
#[track_caller]
fn refuses_forged(code: &str, change: impl Fn(&mut Forge)) {
    refuses(&SignedInput::ENVELOPED, code, |stage| {
        vec![stage.forged(&Forge::default().with(&change))]
    });
}

#[track_caller]
fn accepts_forged(change: impl Fn(&mut Forge)) {
    for input in SignedInput::ENVELOPED {
        let stage = Stage::new(input);
        stage.accepts(&stage.forged(&Forge::default().with(&change)));
    }
}

/// The signed element of a signed document.
fn original<'x>(stage: &Stage, signed: &'x str) -> &'x str {
    cut(signed, stage.input.element())
}

/// The same without its signature.
fn bare(stage: &Stage, signed: &str) -> String {
    without(original(stage, signed), "ds:Signature")
}

fn messages() -> Vec<SignedInput> {
    let all = SignedInput::ALL.into_iter();
    all.filter(|it| !it.may_have_comments()).collect()
}
