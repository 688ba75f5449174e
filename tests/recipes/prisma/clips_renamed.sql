-- DropForeignKey
ALTER TABLE "clip_submissions" DROP CONSTRAINT "clip_submissions_clipId_fkey";

-- DropForeignKey
ALTER TABLE "clips" DROP CONSTRAINT "clips_userId_fkey";

-- DropForeignKey
ALTER TABLE "view_tracking" DROP CONSTRAINT "view_tracking_clipId_fkey";

-- DropTable
DROP TABLE "clips";

-- CreateTable
CREATE TABLE "Clip" (
    "id" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "platform" "SocialPlatform" NOT NULL,
    "title" TEXT,
    "views" BIGINT DEFAULT 0,
    "likes" BIGINT DEFAULT 0,
    "shares" BIGINT DEFAULT 0,
    "earnings" DECIMAL(10,2) DEFAULT 0,
    "createdAt" TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Clip_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "clip_submissions" ADD CONSTRAINT "clip_submissions_clipId_fkey" FOREIGN KEY ("clipId") REFERENCES "Clip"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "Clip" ADD CONSTRAINT "Clip_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "view_tracking" ADD CONSTRAINT "view_tracking_clipId_fkey" FOREIGN KEY ("clipId") REFERENCES "Clip"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
