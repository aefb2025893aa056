"""What the service itself may refuse or fail at; the library's errors stand in `svgai.errors`."""

from __future__ import annotations

from svgai.errors import SvgaiError


class ServiceError(SvgaiError):
    """Something that the service, not the library, has to say no to."""


class RequestMalformed(ServiceError):
    """The request cannot be read as what it claims to be."""

    code = "request.malformed"


class RequestTooLarge(ServiceError):
    """The request has more bytes than the limit."""

    code = "request.too_large"


class JobNotFound(ServiceError):
    """There is no such job, or it is not the caller's to see."""

    code = "job.not_found"


class JobNotReady(ServiceError):
    """The job has no result yet."""

    code = "job.not_ready"


class JobFailed(ServiceError):
    """The job ended without a result."""

    code = "job.failed"


class PictureGone(ServiceError):
    """The picture of a job is no longer kept."""

    code = "job.picture_gone"


class StoreAway(ServiceError):
    """The database or the storage cannot be used just now."""

    code = "service.unavailable"


class QueueFull(ServiceError):
    """Too many jobs wait already."""

    code = "queue.full"


class TooManyJobs(ServiceError):
    """The tenant has as many unfinished jobs as it may."""

    code = "rate.concurrent"


class JobExpired(ServiceError):
    """The job was kept for as long as jobs are kept."""

    code = "job.expired"


class JobCancelled(ServiceError):
    """The job was cancelled before it had a result."""

    code = "job.cancelled"


class JobRunning(ServiceError):
    """What was asked has to wait until the job has ended."""

    code = "job.running"


class BatchNotFound(ServiceError):
    """There is no such batch, or it is not the caller's to see."""

    code = "batch.not_found"


class BatchTooLarge(ServiceError):
    """More pictures in one batch than the limit."""

    code = "batch.too_large"


class TooManyStreams(ServiceError):
    """More jobs are being followed than there are places for."""

    code = "capacity.streams"


class PictureQuarantined(ServiceError):
    """The picture has taken worker after worker down; it is not tried again."""

    code = "picture.quarantined"


class CursorInvalid(ServiceError):
    """A cursor that no list has given out."""

    code = "request.cursor"


class IdempotencyMalformed(ServiceError):
    """An Idempotency-Key that is none."""

    code = "idempotency.malformed"


class IdempotencyMismatch(ServiceError):
    """The same Idempotency-Key came with something else before."""

    code = "idempotency.mismatch"


class ConversionTimedOut(ServiceError):
    """The conversion took longer than it may."""

    code = "job.timeout"


class ConversionTooHungry(ServiceError):
    """The conversion took more memory than it may."""

    code = "job.out_of_memory"


class WorkerCrashed(ServiceError):
    """Every worker that took the job was lost with it."""

    code = "job.worker_crashed"


class UrlMalformed(ServiceError):
    """The URL cannot be read, or says more than it may."""

    code = "url.malformed"


class UrlSchemeUnsupported(ServiceError):
    """The URL is neither http nor https."""

    code = "url.scheme"


class UrlBlocked(ServiceError):
    """The URL leads to where this service does not go: a private address, another port, itself."""

    code = "url.blocked_address"


class UrlNameUnknown(ServiceError):
    """The name in the URL has no address."""

    code = "url.dns"


class UrlUnreachable(ServiceError):
    """Nobody took the call, or somebody hung up."""

    code = "url.unreachable"


class UrlUntrusted(ServiceError):
    """The other side could not prove over TLS that it is who the URL says."""

    code = "url.tls"


class UrlTimedOut(ServiceError):
    """The other side took longer than it may."""

    code = "url.timeout"


class UrlStatusUnusable(ServiceError):
    """The other side answered, but with no file."""

    code = "url.status"


class UrlRedirected(ServiceError):
    """The other side sent us on too often, or to where we do not follow."""

    code = "url.redirects"


class UrlUnreadable(ServiceError):
    """The other side's answer is no HTTP that is read here."""

    code = "url.unreadable"


class UrlTooLarge(ServiceError):
    """What the URL leads to has more bytes than the limit."""

    code = "url.too_large"


class UrlCircuitOpen(ServiceError):
    """The other side failed again and again; it is let alone for a while."""

    code = "url.circuit_open"


class UrlBusy(ServiceError):
    """As many URLs are being fetched as may be at once."""

    code = "url.busy"


class KeyMissing(ServiceError):
    """Only callers with an API key may do this."""

    code = "auth.missing"


class KeyInvalid(ServiceError):
    """The API key is none of ours, or no longer."""

    code = "auth.invalid"


class KeyInQuery(ServiceError):
    """An API key stood in the query, where every log on the way keeps it."""

    code = "auth.in_query"


class ScopeMissing(ServiceError):
    """The API key is not made for this."""

    code = "auth.scope"


class TooManyBadKeys(ServiceError):
    """Key after key from one address was none of ours."""

    code = "rate.keys"


class RateExceeded(ServiceError):
    """The tenant has handed in as much as it may for now."""

    code = "rate.account"


class PollingTooFast(ServiceError):
    """The tenant asks for the same job again and again."""

    code = "rate.poll"


class PredictionsTooFast(ServiceError):
    """The tenant has asked for as many predictions as it may for now."""

    code = "rate.predictions"


class FeaturesTooFew(ServiceError):
    """A picture cannot be guessed from so little."""

    code = "features.too_few"


class FeaturesInvalid(ServiceError):
    """A feature that there is not, or one that no picture has."""

    code = "features.invalid"


class InferenceBusy(ServiceError):
    """As many predictions wait as may."""

    code = "inference.busy"


class InferenceMeasured(ServiceError):
    """The models are being measured, which only one may do at a time."""

    code = "inference.measured"


class AccountNotFound(ServiceError):
    """There is no such account."""

    code = "account.not_found"


class AccountExists(ServiceError):
    """There is an account with this name already."""

    code = "account.exists"


class KeyNotFound(ServiceError):
    """There is no such API key, or none that is valid."""

    code = "key.not_found"


class WebhookNotFound(ServiceError):
    """There is no such webhook endpoint, or it is not the caller's to see."""

    code = "webhook.not_found"


class DeliveryNotFound(ServiceError):
    """There is no such delivery, or it went to another endpoint."""

    code = "webhook.delivery_not_found"


class TooManyWebhooks(ServiceError):
    """The tenant has as many webhook endpoints as it may."""

    code = "webhook.too_many"


class WebhookDisabled(ServiceError):
    """Nothing is sent to the endpoint until it is enabled."""

    code = "webhook.disabled"


class ConverterLost(Exception):
    """The process that converted was lost; another may be luckier. Never shown to a user."""


class ConverterUnready(Exception):
    """No process to convert in can be had, which is no fault of the picture. Never shown to a user."""


class CancelAsked(Exception):
    """Whoever handed the job in does not want it any more. Never shown to a user."""


class LeaseLost(Exception):
    """The job is no longer this worker's. Never shown to a user."""
