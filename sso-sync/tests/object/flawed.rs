//! Object stores that would lose writes.

use std::fmt;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use sso_sync::store::Ignored;

/// A store in memory with one flaw.
#[derive(Debug)]
pub(crate) struct Flawed {
    flaw: Ignored,
    objects: InMemory,
}

impl Flawed {
    pub(crate) fn new(flaw: Ignored) -> Self {
        let objects = InMemory::new();
        Self { flaw, objects }
    }

    /// Looks first and writes later, as if nobody else could come between.
    async fn put_after_looking(
        &self,
        name: &Path,
        payload: PutPayload,
        mode: &PutMode,
    ) -> Result<PutResult> {
        let there = self.objects.head(name).await.ok();
        let met = match mode {
            PutMode::Create => there.is_none(),
            PutMode::Overwrite => true,
            PutMode::Update(version) => there.is_some_and(|it| it.e_tag == version.e_tag),
        };
        tokio::task::yield_now().await;
        if met {
            return self.objects.put(name, payload).await;
        }
        let (path, source) = (name.to_string(), "not met".into());
        Err(object_store::Error::Precondition { path, source })
    }
}

#[async_trait]
impl ObjectStore for Flawed {
    async fn put_opts(
        &self,
        name: &Path,
        mut payload: PutPayload,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        match (self.flaw, &options.mode) {
            (Ignored::IfMatch, PutMode::Update(_)) | (Ignored::IfNoneMatch, PutMode::Create) => {
                options.mode = PutMode::Overwrite;
            }
            (Ignored::Race, mode) => return self.put_after_looking(name, payload, mode).await,
            (Ignored::Reading, PutMode::Update(_)) => payload = "something else".into(),
            _ => {}
        }
        let mut put = self.objects.put_opts(name, payload, options).await?;
        if self.flaw == Ignored::Tags {
            put.e_tag = None;
        }
        Ok(put)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let listed = self.objects.list(prefix);
        if self.flaw != Ignored::Order {
            return listed;
        }
        let reversed = listed.collect::<Vec<_>>();
        stream::once(reversed)
            .flat_map(|listed| stream::iter(listed.into_iter().rev()))
            .boxed()
    }

    async fn get_opts(&self, name: &Path, options: GetOptions) -> Result<GetResult> {
        self.objects.get_opts(name, options).await
    }

    fn delete_stream(
        &self,
        names: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(names)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn put_multipart_opts(
        &self,
        name: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(name, options).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, options).await
    }
}

impl fmt::Display for Flawed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
