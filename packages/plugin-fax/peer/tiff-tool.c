/* Reads and writes fax TIFF files by libtiff, so that no code of the package judges its own pages.
 *   tiff-tool write FILE HEIGHT...   pages of 1728 pels from stdin: packed lines, most significant bit left, 1 black; T.6
 *   tiff-tool read FILE              to stdout, for each page: "width height fine\n" and its lines in that form */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#define WIDTH 1728
#define STRIDE (WIDTH / 8)

static int write_file(const char *file, int pages, char **heights)
{
    TIFF *tiff = TIFFOpen(file, "w");
    if (tiff == NULL) return 1;
    for (int page = 0; page < pages; page++) {
        int height = atoi(heights[page]);
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 1);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITT_T6);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
        TIFFSetField(tiff, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, height);
        TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 204.0);
        TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 196.0);
        TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
        TIFFSetField(tiff, TIFFTAG_PAGENUMBER, page, pages);
        for (int row = 0; row < height; row++) {
            unsigned char line[STRIDE];
            if (fread(line, 1, STRIDE, stdin) != STRIDE) return 1;
            if (TIFFWriteScanline(tiff, line, row, 0) < 0) return 1;
        }
        TIFFWriteDirectory(tiff);
    }
    TIFFClose(tiff);
    return 0;
}

static int read_file(const char *file)
{
    TIFF *tiff = TIFFOpen(file, "r");
    if (tiff == NULL) return 1;
    do {
        uint32_t width = 0, height = 0;
        uint16_t photometric = PHOTOMETRIC_MINISWHITE;
        float vertical = 0;
        TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
        TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
        TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
        TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &vertical);
        /* Lines per cm or per inch: fine is 77 or 196. */
        printf("%u %u %d\n", width, height, vertical > 150 || (vertical > 60 && vertical < 90));
        tsize_t size = TIFFScanlineSize(tiff);
        unsigned char *line = malloc(size);
        for (uint32_t row = 0; row < height; row++) {
            if (TIFFReadScanline(tiff, line, row, 0) < 0) return 1;
            if (photometric == PHOTOMETRIC_MINISBLACK) for (tsize_t i = 0; i < size; i++) line[i] ^= 0xff;
            fwrite(line, 1, size, stdout);
        }
        free(line);
    } while (TIFFReadDirectory(tiff));
    TIFFClose(tiff);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 3 && strcmp(argv[1], "write") == 0) return write_file(argv[2], argc - 3, argv + 3);
    if (argc == 3 && strcmp(argv[1], "read") == 0) return read_file(argv[2]);
    fprintf(stderr, "tiff-tool write FILE HEIGHT... | tiff-tool read FILE\n");
    return 2;
}
