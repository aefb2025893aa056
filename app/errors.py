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


class ConversionTimedOut(ServiceError):
    """The conversion took longer than it may."""

    code = "job.timeout"


class ConversionTooHungry(ServiceError):
    """The conversion took more memory than it may."""

    code = "job.out_of_memory"


class WorkerCrashed(ServiceError):
    """Every worker that took the job was lost with it."""

    code = "job.worker_crashed"


class ConverterLost(Exception):
    """The process that converted was lost; another may be luckier. Never shown to a user."""


class ConverterUnready(Exception):
    """No process to convert in can be had, which is no fault of the picture. Never shown to a user."""


class LeaseLost(Exception):
    """The job is no longer this worker's. Never shown to a user."""
