//! The languages we speak, and which of them a browser wants.

use std::cmp::Reverse;
use std::sync::LazyLock;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;

/// A language that every text exists in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English, for everybody who asks for nothing that we speak.
    #[default]
    English,
    /// Japanese.
    Japanese,
}

impl Language {
    /// The language that `accept_language` likes best (HTTP Semantics, RFC 9110, 12.5.4); English
    /// if there is none, or if the header makes no sense.
    #[must_use]
    pub fn preferred(accept_language: Option<&str>) -> Self {
        let ranges = accept_language
            .unwrap_or_default()
            .split(',')
            .take(MAX_RANGES);
        ranges
            .filter_map(Self::weighted)
            .filter(|&(weight, _)| weight > 0)
            .min_by_key(|&(weight, _)| Reverse(weight))
            .map_or_else(Self::default, |(_, language)| language)
    }

    /// The language tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    fn weighted(range: &str) -> Option<(u16, Self)> {
        let (tag, parameter) = range.split_once(';').unwrap_or((range, "q=1"));
        let primary = tag.trim().split('-').next()?.to_ascii_lowercase();
        let language = match primary.as_str() {
            "en" | "*" => Self::English,
            "ja" => Self::Japanese,
            _ => return None,
        };
        Some((thousandths(parameter.trim().strip_prefix("q=")?)?, language))
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        match self {
            Self::English => &ENGLISH,
            Self::Japanese => &JAPANESE,
        }
    }
}

/// What templates say, in one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts(Language);

impl Texts {
    pub(crate) const fn new(language: Language) -> Self {
        Self(language)
    }

    pub(crate) const fn language(self) -> Language {
        self.0
    }

    /// The message `id`; the bare `id` if there is none, which a test rules out.
    pub(crate) fn say(self, id: &str) -> String {
        let bundle = self.0.bundle();
        let pattern = bundle.get_message(id).and_then(|message| message.value());
        match pattern {
            Some(pattern) => bundle
                .format_pattern(pattern, None, &mut Vec::new())
                .into_owned(),
            None => id.to_owned(),
        }
    }
}

/// A weight of RFC 9110, 12.4.2 in thousandths.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths = format!("{fraction:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" if digits => Some(thousandths),
        "1" if digits && thousandths == 0 => Some(1000),
        _ => None,
    }
}

fn load(source: &str) -> FluentBundle<FluentResource> {
    let resource = FluentResource::try_new(source.to_owned());
    let mut bundle = FluentBundle::new_concurrent(Vec::new());
    // What cannot be read is missing, and a test finds what is missing.
    let _ = bundle.add_resource(resource.unwrap_or_else(|(readable, _)| readable));
    bundle
}

static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| load(ENGLISH_SOURCE));
static JAPANESE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| load(JAPANESE_SOURCE));

const ENGLISH_SOURCE: &str = include_str!("../../locales/en.ftl");
const JAPANESE_SOURCE: &str = include_str!("../../locales/ja.ftl");

/// More languages than a person lists.
const MAX_RANGES: usize = 32;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_best_liked_language_is_spoken() {
        let check = |header, language| {
            assert_eq!(Language::preferred(Some(header)), language, "{header}");
        };
        check("ja", Language::Japanese);
        check("ja-JP,ja;q=0.9,en;q=0.8", Language::Japanese);
        check("en-GB, ja;q=0.5", Language::English);
        check("fr, ja;q=0.3, en;q=0.301", Language::English);
        check("JA-jp", Language::Japanese);
        check("en, ja", Language::English);
        check("ja, en", Language::Japanese);
    }

    #[test]
    fn english_is_spoken_to_everybody_else() {
        for header in [
            "",
            "fr",
            "ja;q=0",
            "ja;q=0.000",
            "ja;q=2",
            "ja;q=",
            ";;,,;q",
            "\u{0}",
        ] {
            assert_eq!(
                Language::preferred(Some(header)),
                Language::English,
                "{header}"
            );
        }
        assert_eq!(Language::preferred(None), Language::English);
    }

    #[test]
    fn both_languages_say_everything_that_is_asked_for_and_nothing_else() {
        let asked = asked_for();
        for source in [ENGLISH_SOURCE, JAPANESE_SOURCE] {
            let defined: BTreeSet<_> = source
                .lines()
                .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
                .filter_map(|line| line.split_once(" = "))
                .map(|(id, _)| id.to_owned())
                .collect();
            assert_eq!(defined, asked);
        }
    }

    #[test]
    fn every_message_can_be_read() {
        for language in [Language::English, Language::Japanese] {
            let texts = Texts::new(language);
            for id in asked_for() {
                assert_ne!(texts.say(&id), id);
            }
        }
    }

    /// Every quoted argument of `say` in the templates and in the module above.
    fn asked_for() -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let templates = std::fs::read_dir(root.join("templates")).unwrap();
        let paths = templates
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .chain([root.join("src/pages/mod.rs")]);
        let sources: String = paths
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect();
        let calls = sources.split("say(\"").skip(1);
        calls
            .filter_map(|call| call.split_once('"'))
            .map(|(id, _)| id.to_owned())
            .collect()
    }
}
