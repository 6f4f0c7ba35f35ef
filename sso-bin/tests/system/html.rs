//! As much HTML as it takes to send a form as a browser would.

/// A form, with the fields that it would send.
#[derive(Debug, PartialEq)]
pub(crate) struct Form {
    pub(crate) method: String,
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

/// The forms of a page, in their order.
pub(crate) fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open = false;
    for tag in tags(page) {
        match (tag.name.as_str(), open) {
            ("form", _) => {
                forms.push(form(&tag));
                open = true;
            }
            ("/form", _) => open = false,
            ("input", true) => forms.last_mut().unwrap().fields.extend(field(&tag)),
            _ => {}
        }
    }
    forms
}

/// Where the links of a page lead, in their order.
pub(crate) fn links(page: &str) -> Vec<String> {
    tags(page)
        .filter(|tag| tag.name == "a")
        .filter_map(|tag| tag.attribute("href"))
        .collect()
}

fn form(tag: &Tag) -> Form {
    Form {
        method: tag.attribute("method").unwrap_or_default().to_lowercase(),
        action: tag.attribute("action").unwrap_or_default(),
        fields: Vec::new(),
    }
}

fn field(input: &Tag) -> Option<(String, String)> {
    let kind = input.attribute("type").unwrap_or_default();
    if matches!(kind.as_str(), "submit" | "button" | "checkbox" | "radio") {
        return None;
    }
    Some((
        input.attribute("name")?,
        input.attribute("value").unwrap_or_default(),
    ))
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<String> {
        let (_, value) = self.attributes.iter().find(|(it, _)| it == name)?;
        Some(unescape(value))
    }
}

fn tags(page: &str) -> impl Iterator<Item = Tag> {
    page.split('<').skip(1).map(|rest| {
        let end = rest
            .find(|it: char| it.is_whitespace() || it == '>')
            .unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        Tag {
            name: name.to_lowercase(),
            attributes: attributes(rest),
        }
    })
}

fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|it: char| it.is_whitespace() || it == '/');
        let end = rest.find(|it: char| it.is_whitespace() || "=/>".contains(it));
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        if name.is_empty() {
            return attributes;
        }
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(after),
            None => ("", after),
        };
        attributes.push((name.to_lowercase(), value.to_owned()));
        rest = after;
    }
}

fn value(rest: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(rest) = rest.strip_prefix(quote) {
            return rest.split_once(quote).unwrap_or((rest, ""));
        }
    }
    let end = rest.find(|it: char| it.is_whitespace() || it == '>');
    rest.split_at(end.unwrap_or(rest.len()))
}

fn unescape(text: &str) -> String {
    let mut parts = text.split('&');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_once(';') {
        Some((name, rest)) if character(name).is_some() => {
            text + &String::from(character(name).unwrap()) + rest
        }
        _ => text + "&" + part,
    })
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "apos" => Some('\''),
        "gt" => Some('>'),
        "lt" => Some('<'),
        "quot" => Some('"'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[test]
fn a_form_sends_its_fields_unescaped() {
    let page = "<form method=POST action='/a?b=1&amp;c=2'>
        <input type=hidden name=\"token\" value='&#x61;&#43;&quot;&unknown;'/>
        <input name=user><input type=submit name=go value=Go></form><input name=outside>";
    let fields = [("token", "a+\"&unknown;"), ("user", "")];
    let form = Form {
        method: "post".to_owned(),
        action: "/a?b=1&c=2".to_owned(),
        fields: fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    };
    assert_eq!(forms(page), [form]);
}
