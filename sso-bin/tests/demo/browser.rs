//! As much of a browser as a sign-in needs: cookies with `SameSite`, redirects, links and forms.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use reqwest::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Certificate, Client, Method, StatusCode, Url, redirect};

/// A browser with its cookies, which has scripts switched off.
#[derive(Debug)]
pub(crate) struct Browser {
    client: Client,
    /// By host: cookies know no ports (RFC 6265, 8.5).
    cookies: HashMap<String, BTreeMap<String, Cookie>>,
}

/// What the browser shows.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) html: String,
}

#[derive(Debug)]
struct Cookie {
    value: String,
    is_sent_across_sites_by_post: bool,
}

impl Browser {
    /// A browser without cookies that goes on in spite of an unknown certificate.
    pub(crate) fn new(certificate: &str, localhost: SocketAddr) -> Self {
        let certificate = Certificate::from_pem(certificate.as_bytes()).unwrap();
        let client = Client::builder()
            .tls_certs_only([certificate])
            .resolve("localhost", localhost)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            client,
            cookies: HashMap::new(),
        }
    }

    /// Types an address.
    pub(crate) async fn open(&mut self, url: &str) -> Page {
        let url = Url::parse(url).unwrap();
        self.go(Method::GET, url.clone(), &[], &url).await
    }

    /// Sends a form as a script of the same site does.
    pub(crate) async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        let url = Url::parse(url).unwrap();
        let fields: Vec<_> = fields
            .iter()
            .map(|&(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        self.go(Method::POST, url.clone(), &fields, &url).await
    }

    /// Clicks on the link that reads `text`.
    pub(crate) async fn click(&mut self, page: &Page, text: &str) -> Page {
        let (before, _) = page.html.split_once(&format!(">{text}</a>")).unwrap();
        let (_, tag) = before.rsplit_once("<a ").unwrap();
        let url = page.url.join(&attribute(tag, "href").unwrap()).unwrap();
        self.go(Method::GET, url, &[], &page.url).await
    }

    /// Fills in the only form and presses its button.
    pub(crate) async fn submit(&mut self, page: &Page, filled_in: &[(&str, &str)]) -> Page {
        let (_, form) = page.html.split_once("<form ").unwrap();
        let (form, _) = form.split_once("</form>").unwrap();
        let action = page.url.join(&attribute(form, "action").unwrap()).unwrap();
        let mut fields: Vec<(String, String)> = form
            .split("<input ")
            .skip(1)
            .filter_map(|input| attribute(input, "name").zip(attribute(input, "value")))
            .collect();
        fields.extend(
            filled_in
                .iter()
                .map(|&(name, value)| (name.into(), value.into())),
        );
        self.go(Method::POST, action, &fields, &page.url).await
    }

    /// Names of the cookies of a host.
    pub(crate) fn cookie_names(&self, host: &str) -> Vec<&str> {
        self.cookies
            .get(host)
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// Follows redirects until there is a page.
    async fn go(
        &mut self,
        mut method: Method,
        mut url: Url,
        mut fields: &[(String, String)],
        from: &Url,
    ) -> Page {
        for _ in 0..MAX_REDIRECTS {
            let is_same_site = url.host_str() == from.host_str();
            let mut request = self.client.request(method.clone(), url.clone());
            request = request.header(ACCEPT, "text/html");
            request = request.header(COOKIE, self.cookies_for(&url, &method, is_same_site));
            if method == Method::POST {
                request = request.form(fields);
            }
            let answer = request.send().await.unwrap();
            for line in answer.headers().get_all(SET_COOKIE) {
                self.keep(&url, line.to_str().unwrap());
            }
            let Some(location) = answer.headers().get(LOCATION) else {
                let status = answer.status();
                return Page {
                    url,
                    status,
                    html: answer.text().await.unwrap(),
                };
            };
            url = url.join(location.to_str().unwrap()).unwrap();
            (method, fields) = (Method::GET, &[]);
        }
        panic!("more than {MAX_REDIRECTS} redirects, the last one to {url}");
    }

    /// The `Cookie` header of a navigation of the whole page (RFC 6265bis, 5.8.3).
    fn cookies_for(&self, url: &Url, method: &Method, is_same_site: bool) -> String {
        let cookies = self
            .cookies
            .get(url.host_str().unwrap())
            .into_iter()
            .flatten();
        let is_lax_enough = is_same_site || method == Method::GET;
        let pairs: Vec<_> = cookies
            .filter(|(_, cookie)| is_lax_enough || cookie.is_sent_across_sites_by_post)
            .map(|(name, cookie)| format!("{name}={}", cookie.value))
            .collect();
        pairs.join("; ")
    }

    /// Takes a cookie with all that `__Host-` promises (RFC 6265bis, 4.1.3.2), or none.
    fn keep(&mut self, url: &Url, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
        let has = |attribute: &str| attributes.iter().any(|it| it == attribute);
        assert!(name.starts_with("__Host-"), "{line}");
        assert!(has("path=/") && has("secure") && has("httponly"), "{line}");

        let cookies = self
            .cookies
            .entry(url.host_str().unwrap().to_owned())
            .or_default();
        if has("max-age=0") {
            cookies.remove(name);
            return;
        }
        let is_sent_across_sites_by_post = has("samesite=none");
        cookies.insert(
            name.to_owned(),
            Cookie {
                value: value.to_owned(),
                is_sent_across_sites_by_post,
            },
        );
    }
}

impl Page {
    /// Whether the page says `text`.
    pub(crate) fn says(&self, text: &str) -> bool {
        unescape(&self.html).contains(text)
    }

    /// The value of an attribute of the element `id`.
    pub(crate) fn attribute_of(&self, id: &str, name: &str) -> Option<String> {
        let (_, element) = self.html.split_once(&format!("id=\"{id}\""))?;
        attribute(element, name)
    }
}

/// The value of an attribute of the tag that `text` begins in.
fn attribute(text: &str, name: &str) -> Option<String> {
    let tag = text.split('>').next()?;
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| unescape(value))
}

fn unescape(html: &str) -> String {
    let pairs = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    pairs
        .iter()
        .fold(html.to_owned(), |text, (from, to)| text.replace(from, to))
}

const MAX_REDIRECTS: usize = 10;
