-- DropForeignKey
ALTER TABLE "clip_submissions" DROP CONSTRAINT "clip_submissions_clipId_fkey";

-- AlterTable
ALTER TABLE "clip_submissions" ALTER COLUMN "clipId" SET DATA TYPE VARCHAR(30);

-- AlterTable
ALTER TABLE "clips" DROP CONSTRAINT "clips_pkey",
ALTER COLUMN "id" SET DATA TYPE VARCHAR(30),
ADD CONSTRAINT "clips_pkey" PRIMARY KEY ("id");

-- AddForeignKey
ALTER TABLE "clip_submissions" ADD CONSTRAINT "clip_submissions_clipId_fkey" FOREIGN KEY ("clipId") REFERENCES "clips"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
