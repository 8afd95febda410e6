"""
The checkpoints that were published, and what a given file has to do with them. The four of ResShift for ×4 have one architecture,
and so have two of its autoencoders and the two of DoSSR: the wrong one loads without an error, so only its content or its name can tell.
"""
import hashlib
from dataclasses import dataclass
from pathlib import Path

from .common import ExportError

RESSHIFT = 'https://github.com/zsyOAOA/ResShift/releases/tag/v2.0'
DOSSR = 'https://drive.google.com/drive/folders/1BTGRbAqXDSNWjyUnTLgDfmjd2xyu8GvP'
OSEDIFF = 'https://github.com/cswry/OSEDiff, preset/models'
STABLE_DIFFUSION = 'https://huggingface.co/stabilityai/stable-diffusion-2-1-base'
# Lists the hashes of a copy of Stable Diffusion 2.1-base, of RAM and of DAPE; two more public lists of other people agree with it.
CATALOGUE = 'https://github.com/fozter/Light-Video-Enhancer-Forked at 06f7189, light_video_enhancer_forked/model_manager.py'
# Downloads the autoencoder from the release of ResShift and checks it.
AUTOENCODER_CHECK = 'https://github.com/KAIST-VICLab/GeoSET at 1e5a07e, baselines/resshift/fetch.sh'
# Pointers of git-lfs to copies of v3 and of the autoencoder; that of the latter states the same as AUTOENCODER_CHECK.
COPIES = 'https://github.com/ywyksll/img_sr at 060299e, weights'


@dataclass(frozen=True)
class Published:
    name: str
    # What the file is for: a value of --task, the name of a bundle, or a part of one.
    use: str
    origin: str
    # Only what a public source states, which is `stated`. `blob` is git's own hash of a file: SHA-1 of "blob {size}\0" and the content.
    sha256: str | None = None
    blob: str | None = None
    size: int | None = None
    stated: str | None = None


PUBLISHED = (
    Published('resshift_realsrx4_s15_v1.pth', 'realsr-v1', RESSHIFT),
    Published('resshift_realsrx4_s15_v2.pth', 'realsr-v2', RESSHIFT),
    Published('resshift_realsrx4_s4_v3.pth', 'realsr-v3', RESSHIFT, size=477_917_058,
              sha256='878da888bbbe10b8b0d4ff179c2de3059fd8a4cf2c705942a77a7f3b23ea1efd', stated=COPIES),
    Published('resshift_bicsrx4_s4.pth', 'bicsr', RESSHIFT),
    Published('resshift_inpainting_imagenet_s4.pth', 'inpaint-imagenet', RESSHIFT),
    Published('resshift_inpainting_face_s4.pth', 'inpaint-face', RESSHIFT),
    Published('resshift_faceir_s4.pth', 'faceir', RESSHIFT),
    Published('autoencoder_vq_f4.pth', 'the autoencoder', RESSHIFT, size=221_364_711,
              sha256='e967eaa2c380152811c53e312990d6967a8a957c4f7590f19490ec72110b2889', stated=AUTOENCODER_CHECK),
    # Of the same architecture.
    Published('celeba256_vq_f4_dim3_face.pth', 'the autoencoder of inpaint-face', RESSHIFT),
    Published('ffhq512_vq_f8_dim8_face.pth', 'the autoencoder of faceir', RESSHIFT),
    Published('dossr_default.ckpt', 'dossr', DOSSR),
    Published('dossr_onestep.ckpt', 'dossr-onestep', DOSSR),
    Published('osediff.pkl', 'osediff', OSEDIFF, blob='bc84dc9729aa6173e8b1087977025a4fc566a5db', stated=f'{OSEDIFF} at fcc4f09'),
    Published('osediff_face.pkl', 'osediff --face', OSEDIFF, blob='4465e04da247be8f9af700f8cafbbd906439430c', stated=f'{OSEDIFF} at fcc4f09'),
    Published('ram_swin_large_14m.pth', 'ram', 'https://huggingface.co/spaces/xinyu1205/recognize-anything',
              sha256='15c729c793af28b9d107c69f85836a1356d76ea830d4714699fb62e55fcc08ed', stated=CATALOGUE),
    Published('DAPE.pth', 'dape', 'https://drive.google.com/file/d/1KIV6VewwO2eDC9g4Gcvgm-a0LDI7Lmwm',
              sha256='a7028be2edcbe9ab0bd1c4ab6f2a2a86f4b44d32261a4faa50ae10fdd9b2feba', stated=CATALOGUE),
    Published('unet/diffusion_pytorch_model.safetensors', 'base', STABLE_DIFFUSION,
              sha256='6dfae3e5f7d459b50f4b0850ead945972c75bb0e1897628933e169eb43974214', stated=CATALOGUE),
    Published('vae/diffusion_pytorch_model.safetensors', 'base', STABLE_DIFFUSION, size=334_643_276,
              sha256='a1d993488569e928462932c8c38a0760b874d166399b14414135bd9c42df5815', stated=CATALOGUE),
    Published('text_encoder/model.safetensors', 'base', STABLE_DIFFUSION, size=1_361_597_018,
              sha256='cce6febb0b6d876ee5eb24af35e27e764eb4f9b1d0b7c026c8c3333d4cfc916c', stated=CATALOGUE),
)


@dataclass(frozen=True)
class Origin:
    """What is known of a file that was given."""
    file: Path
    # By which it was looked up.
    name: str
    sha256: str
    # The published file with this content; None if there is none, or if no public source states its hash.
    content: Published | None
    # The published file of this name.
    named: Published | None

    @property
    def use(self) -> str | None:
        """What the file is for, by its content, else by its name; None if unknown."""
        known = self.content or self.named
        return known and known.use

    def note(self, use: str) -> str | None:
        """What makes it doubtful that this is the published file for `use`, in a sentence; None if nothing does."""
        if self.content is not None:
            return None
        if self.named is None:
            return f'{self.name} is none of the published files; it was exported as {use} because the options say so.'
        if self.named.use != use:
            return f'{self.name} is the name of the published file for {self.named.use}, and it was exported as {use} because the options say so.'
        if self.named.stated is not None:
            return f'{self.name} differs from the published file of this name (its sha256 is {self.sha256}; see {self.named.stated}).'
        return None


def origin_of(file: Path, name: str | None = None) -> Origin:
    """Reads the whole file. `name`: that in the table, if it is not the file's own. ExportError if it is not there."""
    sha256, blob = _hashes(file)
    content = next((one for one in PUBLISHED if sha256 == one.sha256 or blob == one.blob), None)
    name = name or file.name
    return Origin(file, name, sha256, content, named(name))


def named(name: str) -> Published | None:
    return next((one for one in PUBLISHED if one.name == name), None)


def check_sha256(origin: Origin, wanted: str | None):
    """For --sha256."""
    if wanted is not None and origin.sha256 != wanted.lower():
        raise ExportError(f'{origin.file} is not the file that --sha256 describes: its sha256 is {origin.sha256}',
                          'Download it again, or correct --sha256')


def notes(origins: list[tuple[Origin, str]], more: list[str] = ()) -> list[str]:
    """
    Prints what is doubtful of each file for its use, `more` doubts, and of each file without a published hash its own; returns the
    doubts, for the bundle. ExportError for a file that certainly is another one.
    """
    found = list(more)
    for note in more:
        print(f'Note: {note}')
    for origin, use in origins:
        if origin.content is not None and origin.content.use != use:
            raise ExportError(f'{origin.file} is {origin.content.name}, which is for {origin.content.use}, by its content', f'Give the file for {use}')
        note = origin.note(use)
        if note is not None:
            found.append(note)
            print(f'Note: {note}')
        elif origin.content is None:
            print(f'{origin.name} has the sha256 {origin.sha256}; no public source states that of the published file.')
    return found


def _hashes(file: Path) -> tuple[str, str]:
    """sha256 and git's hash."""
    if not file.is_file():
        raise ExportError(f'{file} is not there', 'Give the path of the checkpoint')
    sha256, blob = hashlib.sha256(), hashlib.sha1(f'blob {file.stat().st_size}\0'.encode(), usedforsecurity=False)
    with open(file, 'rb') as opened:
        while block := opened.read(1 << 20):
            sha256.update(block)
            blob.update(block)
    return sha256.hexdigest(), blob.hexdigest()
